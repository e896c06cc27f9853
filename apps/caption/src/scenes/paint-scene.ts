import type { Random } from "@heed/command-line";
import type { Look, Scene, Thing } from "./scene.ts";

/** Half of a thing's width, in widths of the picture. */
const radii = { small: 0.09, big: 0.15 } as const;
const paints: Readonly<Record<Look["color"], readonly [number, number, number]>> = {
	red: [215, 45, 40],
	green: [50, 165, 60],
	blue: [50, 90, 220],
	yellow: [230, 205, 40],
	purple: [150, 60, 185],
	white: [240, 240, 240],
};
/** Each pixel is tried at so many points in each direction, for smooth outlines. */
const points = 3;

/** Whether a point, in half widths from the middle, is part of a shape. */
const isInside: Readonly<Record<Look["shape"], (x: number, y: number) => boolean>> = {
	circle: (x, y) => x * x + y * y <= 1,
	square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.88,
	triangle: (x, y) => y <= 0.8 && y >= 2 * Math.abs(x) - 1,
	cross: (x, y) => Math.min(Math.abs(x), Math.abs(y)) <= 0.32 && Math.max(Math.abs(x), Math.abs(y)) <= 1,
};

/**
 * Paints a scene on a dark ground. Colours vary a little from thing to thing, and every pixel by a little noise.
 *
 * @returns Red, green and blue of each pixel, row by row, `[size, size, 3]`.
 */
export function paintScene({ things }: Scene, size: number, random: Random): Uint8Array {
	const ground = 25 + random.below(40);
	const tints = things.map(({ color }) => paints[color].map((value) => value - 15 + random.below(31)));
	const pixels = new Uint8ClampedArray(size * size * 3);
	for (let row = 0; row < size; row++) {
		for (let column = 0; column < size; column++) {
			const noise = random.below(17) - 8;
			const start = (row * size + column) * 3;
			pixels.fill(ground + noise, start, start + 3);
			for (const [i, thing] of things.entries()) {
				const share = coverage(thing, row, column, size);
				if (share === 0) continue; // no two things touch
				for (let channel = 0; channel < 3; channel++) {
					pixels[start + channel] = share * (tints[i]?.[channel] ?? 0) + (1 - share) * ground + noise;
				}
			}
		}
	}
	return new Uint8Array(pixels.buffer);
}

/** The share of a pixel that a thing covers. */
function coverage(thing: Thing, row: number, column: number, size: number): number {
	const radius = radii[thing.size];
	const reach = radius + 1 / size;
	const middle = (index: number): number => (index + 0.5) / size;
	if (Math.abs(middle(column) - thing.x) > reach || Math.abs(middle(row) - thing.y) > reach) return 0;
	let covered = 0;
	for (let i = 0; i < points * points; i++) {
		const x = (column + ((i % points) + 0.5) / points) / size;
		const y = (row + (Math.floor(i / points) + 0.5) / points) / size;
		if (isInside[thing.shape]((x - thing.x) / radius, (y - thing.y) / radius)) covered++;
	}
	return covered / points ** 2;
}
