/**
 * Fills an outline: how much of every pixel it covers, 0 to 1, row by row.
 *
 * Every line adds to the pixels that it crosses the area between it and their right side, signed by its direction; the sum from
 * the left is what lies inside. Parts of an outline that lie over each other count once, as far as they cover whole pixels.
 *
 * Raph Levien, "Inside the fastest font renderer in the world", 2016,
 * https://medium.com/@raphlinus/inside-the-fastest-font-renderer-in-the-world-75ae5270c445
 *
 * @param lines Four numbers each, in pixels, as those of `outline`.
 */
export function fillOutline(lines: ArrayLike<number>, height: number, width: number): Float32Array {
	// One column more: what is left of a line at the right edge.
	const sums = new Float32Array(height * (width + 1));
	for (let i = 0; i < lines.length; i += 4) {
		addLine(sums, height, width, lines[i] ?? 0, lines[i + 1] ?? 0, lines[i + 2] ?? 0, lines[i + 3] ?? 0);
	}
	const covered = new Float32Array(height * width);
	for (let row = 0; row < height; row++) {
		let sum = 0;
		for (let column = 0; column < width; column++) {
			sum += sums[row * (width + 1) + column] ?? 0;
			covered[row * width + column] = Math.min(1, Math.abs(sum));
		}
	}
	return covered;
}

function addLine(
	sums: Float32Array,
	height: number,
	width: number,
	x0: number,
	y0: number,
	x1: number,
	y1: number,
): void {
	if (y0 === y1) return;
	const sign = y0 < y1 ? 1 : -1;
	const [topX, topY, endX, endY] = y0 < y1 ? [x0, y0, x1, y1] : [x1, y1, x0, y0];
	const slope = (endX - topX) / (endY - topY);
	const clamp = (x: number): number => Math.min(width, Math.max(0, x));
	for (let row = Math.max(0, Math.floor(topY)); row < Math.min(height, endY); row++) {
		const from = Math.max(topY, row);
		const to = Math.min(endY, row + 1);
		const tall = sign * (to - from);
		const a = clamp(topX + (from - topY) * slope);
		const b = clamp(topX + (to - topY) * slope);
		const [left, right] = [Math.min(a, b), Math.max(a, b)];
		const start = row * (width + 1);
		const first = Math.floor(left);
		const last = Math.floor(right);
		if (first === last) {
			const share = (left + right) / 2 - first; // the mean of the line within its pixel
			add(sums, start + first, tall * (1 - share));
			if (first < width) add(sums, start + first + 1, tall * share);
			continue;
		}
		// The line crosses several pixels: what it has passed of each, as a running sum.
		let before = 0;
		for (let column = first; column <= last; column++) {
			const covered = tall * passed(left, right, column + 1); // area left behind at this pixel's right side
			add(sums, start + column, covered - before);
			before = covered;
		}
		if (last < width) add(sums, start + last + 1, tall - before);
	}
}

/** The mean, over a line from `left` to `right`, of how far it is past a pixel that ends at `end`, 0 to 1. */
function passed(left: number, right: number, end: number): number {
	const integral = (x: number): number => (x <= 0 ? 0 : x >= 1 ? x - 0.5 : (x * x) / 2);
	return (integral(end - left) - integral(end - right)) / (right - left);
}

function add(sums: Float32Array, at: number, value: number): void {
	sums[at] = (sums[at] ?? 0) + value;
}
