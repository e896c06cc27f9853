import { describe, expect, it } from "vitest";
import type { AttentionMap } from "./attention-map.ts";
import { poolingNote, poolMap } from "./pool-map.ts";

const tokens = (count: number): string[] => Array.from({ length: count }, (_, i) => `t${i}`);
const map: AttentionMap = {
	queryTokens: tokens(2),
	keyTokens: tokens(5),
	weights: [0, 0.1, 0.9, 0, 0.2, 0.3, 0, 0, 0, Number.NaN],
};

describe("poolMap", () => {
	it("keeps a map that fits", () => expect(poolMap(map, 2, 5).map).toBe(map));

	it("keeps the largest of every tile, and NaN", () => {
		const { map: pooled, keys, queries } = poolMap(map, 10, 3);
		expect([queries, keys]).toEqual([1, 2]);
		expect(pooled.keyTokens).toEqual(["0", "2", "4"]);
		expect([...(pooled.weights as Float64Array)]).toEqual([0.1, 0.9, 0.2, 0.3, 0, Number.NaN]);
	});

	it("leaves masked weights out, and masks a tile without any other", () => {
		const mask = [1, 0, 0, 0, 1, 1, 1, 1, 1, 0];
		const { map: pooled } = poolMap({ ...map, mask }, 10, 3);
		expect(pooled.mask).toEqual([true, false, true, true, true, false]);
		expect(pooled.weights[0]).toBe(0);
	});

	it("says so", () => {
		expect(poolingNote(poolMap(map, 2, 5))).toBe("");
		expect(poolingNote(poolMap(map, 1, 3))).toBe(
			"Each cell is the largest of 2 queries × 2 keys; numbers say where it starts.",
		);
	});
});
