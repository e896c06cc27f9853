import { UserError } from "@heed/command-line";
import { describe, expect, it } from "vitest";
import { attentionOf, attentions, placeOf } from "./attention-choice.ts";

describe("attentionOf", () => {
	it("knows its own names, those of the functions, and any way to write them", () => {
		for (const name of attentions) expect(attentionOf(name)).toBe(name);
		const functions = [
			"squeezeExcite",
			"spatialSqueezeExcite",
			"scSE",
			"windowAttention",
			"residualAttentionModule",
		];
		expect(functions.map(attentionOf)).toEqual(["se", "spatial-se", "scse", "window", "residual-attention"]);
		expect(attentionOf("Residual Attention")).toBe("residual-attention");
		expect([attentionOf("nl"), attentionOf("nonLocal"), attentionOf("SimAM")]).toEqual([
			"non-local",
			"non-local",
			"simam",
		]);
		expect([placeOf("se"), placeOf("bam")]).toEqual(["block", "stage"]);
	});

	it("says the nearest name and the list, and guesses nothing for what is far from all", () => {
		expect(() => attentionOf("cbma")).toThrow(UserError);
		expect(() => attentionOf("cbma")).toThrow(
			/no attention 'cbma'. Did you mean cbam\? Known are none, se, .*window\.$/,
		);
		expect(() => attentionOf("residual-atention")).toThrow("Did you mean residual-attention?");
		expect(() => attentionOf("qqqqqqqq")).toThrow("'qqqqqqqq'. Known are none");
	});
});
