import { describe, expect, it } from "vitest";
import { askFrames } from "./asked-frames.ts";
import { poolPatches } from "./asked-patches.ts";
import { askScenes } from "./asked-scenes.ts";
import { followShapes } from "./follow-shapes.ts";
import { readStrips } from "./read-strips.ts";

/** The place of the largest weight. */
const strongest = (weights: ArrayLike<number> = []): number => {
	const all = Array.from(weights);
	return all.indexOf(Math.max(...all));
};

/** Which of three colours is in one of 3 × 3 cells of 4 × 4 pixels. */
const colourOf = (pixels: ArrayLike<number>, cell: number): number => {
	const [top, left] = [4 * Math.floor(cell / 3), 4 * (cell % 3)];
	const inks = Array.from({ length: 16 }, (_, i) => (top + Math.floor(i / 4)) * 12 + left + (i % 4));
	return [0, 1, 2].findIndex((channel) => inks.some((pixel) => (pixels[3 * pixel + channel] ?? 0) > 0.9));
};

describe("the pictures of attention in images", () => {
	it("show a network that looks at what it is asked for", async () => {
		const { images, channels } = await askScenes();
		for (const [channel, { heat, pixels, title }] of images.entries()) {
			expect(colourOf(pixels, strongest(heat?.weights)), title).toBe(channel);
		}
		const rows = [0, 1, 2].map((row) => Array.from(channels.weights).slice(24 * row, 24 * row + 24));
		const [first = []] = rows;
		const differences = rows.map((row) =>
			row.reduce((sum, weight, i) => sum + Math.abs(weight - (first[i] ?? 0)), 0),
		);
		expect(Math.max(...differences)).toBeGreaterThan(0.1);
	}, 180_000);

	it("show a transformer that cuts the shape out", async () => {
		const pictures = await followShapes();
		for (const { caption, marks } of pictures) {
			const [box, shape] = marks ?? [];
			const middle = (points: readonly (readonly number[])[] = []): number[] =>
				[0, 1].map((axis) => points.reduce((sum, point) => sum + (point[axis] ?? 0) / points.length, 0));
			const [a, b] = [middle(box?.points), middle(shape?.points)];
			expect(Math.hypot((a[0] ?? 0) - (b[0] ?? 0), (a[1] ?? 0) - (b[1] ?? 0)), caption).toBeLessThan(1.5);
		}
	}, 180_000);

	it("show a model that reads from left to right", async () => {
		const pictures = await readStrips();
		expect(pictures.map(({ title }) => title)).toEqual(["read: bright, dark", "read: dark, bright"]);
		for (const { marks } of pictures) {
			const [[left = 9] = [], [right = 0] = []] = marks?.[0]?.points ?? [];
			expect(left).toBeLessThan(3.5);
			expect(right).toBeGreaterThan(5.5);
		}
	}, 180_000);

	it("show a query that finds its frame, and one that finds its patch", async () => {
		const { queryTokens, keyTokens, weights } = await askFrames();
		for (const [row, question] of queryTokens.entries()) {
			const found = keyTokens[strongest(Array.from(weights).slice(6 * row, 6 * row + 6))];
			expect(found).toMatch(question.replace("?", ""));
		}
		const { heat, pixels } = await poolPatches();
		expect(colourOf(pixels, strongest(heat?.weights))).toBe(0);
	}, 180_000);
});
