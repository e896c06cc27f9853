import { useBackend } from "@heed/testing";
import { describe, expect, it } from "vitest";
import { expectedParams } from "./create-attention.ts";

const channels = (size: number): (number | null)[] => [null, null, null, size];

describe("published numbers of parameters, of large layers of which none is made", () => {
	useBackend("cpu");

	it("non-local attention, multi-head attention of ViT-B", () => {
		const widths = [64, 128, 256, 512, 1024, 2048];
		const counts = widths.map((size) => expectedParams("nonLocal", {}, channels(size)));
		expect(counts).toEqual([8352, 33088, 131712, 525568, 2099712, 8393728]);
		expect(expectedParams("knn", { numHeads: 12 }, channels(768))).toBe(2362368);
	});

	it("Show, Attend and Tell: arctic-captions, and sgrvinod's, whose query has a bias beside", () => {
		const ask = (units: number, size: number, query: number): number =>
			expectedParams("querySpatialAttention", { units }, [channels(size), [null, query]]);
		expect(ask(512, 512, 1000)).toBe(775169);
		expect(ask(512, 2048, 512)).toBe(1312257 - 512);
	});

	it("Swin-T of windowed attention", () => {
		const depths = [2, 2, 6, 2];
		const stages = depths.map((depth, i) => {
			const c = 96 * 2 ** i;
			const attention = expectedParams("windowAttention", { numHeads: 3 * 2 ** i }, channels(c));
			const merging = i === 0 ? 0 : 4 * c + 2 * c * c; // norm and product of four pixels of half the channels
			return depth * (attention + 4 * c + 8 * c * c + 5 * c) + merging;
		});
		const patches = 4 * 4 * 3 * 96 + 96 + 2 * 96;
		const head = 2 * 768 + 768 * 1000 + 1000;
		expect(stages.reduce((sum, size) => sum + size, patches + head)).toBe(28288354);
	});
});
