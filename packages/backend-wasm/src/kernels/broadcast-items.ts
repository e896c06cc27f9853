/**
 * Which item of an operand serves each item of a broadcast result, both counted row by row. Axes of size 1 and leading
 * axes that the operand lacks are repeated:
 *
 *     broadcastItems([2, 1], [2, 3]) → [0, 0, 0, 1, 1, 1]        broadcastItems([3], [2, 3]) → [0, 1, 2, 0, 1, 2]
 */
export function broadcastItems(shape: readonly number[], outer: readonly number[]): number[] {
	const missing = outer.length - shape.length;
	let items = [0];
	outer.forEach((length, axis) => {
		const size = shape[axis - missing] ?? 1;
		const steps = Array.from({ length }, (_, step) => (size === 1 ? 0 : step));
		items = items.flatMap((item) => steps.map((step) => item * size + step));
	});
	return items;
}
