import type { AttentionData } from "@heed/layers";
import { expect, it } from "vitest";
import { pixelWeights } from "./pixel-weights.ts";

const size = [2, 3] as const;

function record(axes: string, shape: readonly number[], at: (...place: number[]) => number): AttentionData {
	const length = shape.reduce((a, b) => a * b, 1);
	const weights = Float32Array.from({ length }, (_, i) => {
		let rest = i;
		const place = [...shape].reverse().map((side) => {
			const index = rest % side;
			rest = Math.floor(rest / side);
			return index;
		});
		return at(...place.reverse());
	});
	return { layer: "x", kind: "test", axes: axes.split(" "), shape, weights, meta: {} };
}

it("keeps weights of pixels, and takes the mean over channels", () => {
	const spatial = record("batch height width", [2, 2, 3], (b, y, x) => 100 * b + 10 * y + x);
	expect(pixelWeights(spatial, 1, size)).toEqual({
		...{ layer: "x", rows: 2, columns: 3 },
		weights: Float32Array.of(100, 101, 102, 110, 111, 112),
	});
	const element = record("batch height width channel", [2, 1, 2, 5], (b, _, x, c) => 100 * b + 10 * x + c);
	expect(pixelWeights(element, 1, size)?.weights).toEqual(Float32Array.of(102, 112));
	expect(
		pixelWeights(
			record("batch channel", [1, 3], () => 1),
			0,
			size,
		),
	).toBeUndefined();
});

it("says how much pixels are looked at, over heads and those that look", () => {
	// In head h everybody looks at pixel 2h + 1.
	const pairs = record("batch heads query key", [1, 2, 6, 6], (_, h, __, k) => Number(k === 2 * h + 1));
	expect(pixelWeights(pairs, 0, size)).toMatchObject({ rows: 2, columns: 3 });
	expect(pixelWeights(pairs, 0, size)?.weights).toEqual(Float32Array.of(0, 0.5, 0, 0.5, 0, 0));
	expect(
		pixelWeights(
			record("batch heads query key", [1, 1, 5, 5], () => 0.2),
			0,
			size,
		),
	).toBeUndefined();
});

it("puts columns and rows of a criss-cross where they are", () => {
	// Everybody looks at the lowest pixel of the own column with 0.75, and at the leftmost of the own row with 0.25.
	const cross = record(
		"batch height width key",
		[1, 2, 3, 5],
		(_, __, ___, k) => [0, 0.75, 0.25, 0, 0][k] ?? 0,
	);
	const { weights } = pixelWeights(cross, 0, size) as { weights: Float32Array };
	expect(Array.from(weights, (weight) => Number((weight * 6).toFixed(3)))).toEqual([
		0.75, 0, 0, 2.25, 1.5, 1.5,
	]);
});

it("puts windows where they are, without what sticks out", () => {
	// Windows of 2 × 2 on 3 rows of 3: in window w everybody looks at its pixel 3 − w.
	const windows = record("batch window heads query key", [1, 4, 1, 4, 4], (_, w, __, ___, k) =>
		Number(k === 3 - w),
	);
	const found = pixelWeights(windows, 0, [3, 3]);
	expect(Array.from(found?.weights ?? [])).toEqual([0, 0, 0, 0, 1, 1, 0, 1, 1]);
});
