import { describe, expect, it } from "vitest";
import { type AttentionMapsOptions, attentionMaps, type CaptureRecord, VizError } from "./index.ts";

const record: CaptureRecord = {
	layer: "decoder",
	kind: "multiHeadAttention",
	axes: ["batch", "heads", "query", "key"],
	shape: [2, 3, 2, 3],
	weights: Float32Array.from({ length: 36 }, (_, i) => i / 36),
};

describe("attentionMaps", () => {
	it("gives one map for each batch item and head, in order", () => {
		const maps = attentionMaps(record);
		expect(maps).toHaveLength(6);
		expect(maps[4]?.title).toBe("decoder, batch 1, head 1");
		expect(maps.map(({ head }) => head)).toEqual([0, 1, 2, 0, 1, 2]);
		expect(maps[1]?.weights[0]).toBeCloseTo(6 / 36); // head 1 starts after 2 · 3 weights
		expect(maps[0]?.queryTokens).toEqual(["0", "1"]);
	});

	it("takes tokens for each batch item, and crops padding away", () => {
		const maps = attentionMaps(record, {
			queryTokens: ["x", "y"],
			keyTokens: [
				["a", "b", "c"],
				["d", "e"],
			],
		});
		expect(maps[0]?.keyTokens).toEqual(["a", "b", "c"]);
		expect(maps[3]?.keyTokens).toEqual(["d", "e"]);
		const weights = Array.from(maps[3]?.weights ?? [], (weight) => Math.round(weight * 36));
		expect(weights).toEqual([18, 19, 21, 22]); // of each row of three, the first two
	});

	it("does without batch and heads, and takes any other leading axis", () => {
		const weights = [0.1, 0.9, 0.4, 0.6];
		expect(attentionMaps({ ...record, axes: ["query", "key"], shape: [2, 2], weights })).toHaveLength(1);
		const [map] = attentionMaps({ ...record, axes: ["step", "query", "key"], shape: [1, 2, 2], weights });
		expect(map?.title).toBe("decoder, step 0");
		expect(map).not.toHaveProperty("head");
	});

	it("leaves a batch item without words out", () => {
		const maps = attentionMaps(record, { keyTokens: [[], ["d", "e"]] });
		expect(maps.map(({ title }) => title)).toEqual([0, 1, 2].map((head) => `decoder, batch 1, head ${head}`));
	});

	it("says how to take the numbers out of a tensor", () => {
		const tensor = { shape: [2, 3, 2, 3], dataSync: () => record.weights };
		const captured = { ...record, shape: undefined, weights: tensor } as unknown as CaptureRecord; // as an untyped caller may
		expect(() => attentionMaps(captured)).toThrow(
			/^attentionMaps: the weights of the record are a tensor; .*attentionMaps\(await attentionData\(record\)\).*await record\.weights\.data\(\)/,
		);
		expect(() => attentionMaps(null as never)).toThrow(VizError);
	});

	it("names the axes that it has no picture for", () => {
		const channels = { ...record, axes: ["batch", "channel"], shape: [6, 6] };
		expect(() => attentionMaps(channels)).toThrow(
			"axes [batch, channel]; expected axes that end in query, key",
		);
		try {
			attentionMaps(channels);
		} catch (error) {
			expect(error).toBeInstanceOf(VizError);
			expect(error).toMatchObject({ code: "UNSUPPORTED", where: "attentionMaps" });
		}
	});

	it.each([
		[{ shape: [2, 3, 2, 4] }, {}, "36 weights"],
		[{ shape: [6, 6] }, {}, "one size for each axis"],
		[
			{},
			{ keyTokens: ["a", "b", "c", "d"] },
			"`keyTokens` has 4 tokens for batch item 0; the axis has only 3",
		],
		[{}, { keyTokens: [["a"]] }, "`keyTokens` has lists for 1 batch items; item 1 is missing"],
		[{}, { tokens: [] }, "unknown option `tokens`. Known options: `queryTokens`, `keyTokens`"],
	])("refuses %o with %o", (change, options, message) => {
		expect(() => attentionMaps({ ...record, ...change }, options as AttentionMapsOptions)).toThrow(message);
	});
});
