import { useBackend } from "@heed/testing";
import { describe, expect, it } from "vitest";
import { count, countEach } from "../../test/count-weights.ts";
import { bam } from "./bam.ts";
import { cbam } from "./cbam.ts";
import { coordinateAttention } from "./coordinate-attention.ts";
import { residualAttentionModule } from "./residual-attention-module.ts";
import { scaCnnAttention } from "./sca-cnn-attention.ts";
import { scSE } from "./scse.ts";
import { simAM } from "./sim-am.ts";
import { tripletAttention } from "./triplet-attention.ts";

describe("the published numbers of parameters of mixed attention", () => {
	useBackend("cpu");

	it.each([
		["CBAM", cbam, [680, 2284, 8564, 33412, 132260, 526564]],
		["BAM", bam, [1173, 4457, 17361, 68513, 272193, 1085057]],
		["scSE r2", scSE, [4257, 16705, 66177, 263425, 1051137, 4199425]],
		["Coordinate r32", coordinateAttention, [1688, 3352, 6680, 25648, 100448, 397504]],
		["Triplet", tripletAttention, [300, 300, 300, 300, 300, 300]],
		["SimAM", simAM, [0, 0, 0, 0, 0, 0]],
	] as const)("%s", (_, make, expected) => {
		expect(countEach(() => [make()])).toEqual(expected);
	});

	it("residual attention modules and what is around them in Attention-56 and 92, small triplets, SCA-CNN", () => {
		const stages = [1, 2, 4].map((times, i) => count(residualAttentionModule({ depth: 3 - i }), 256 * times));
		const [a = 0, b = 0, c = 0] = stages;
		expect(stages).toEqual([976896, 3046912, 8804352]);
		const around = 9664 + 74496 + 378368 + 1510400 + 6035456 + 2 * 4462592 + 2049000;
		expect(around + a + b + c).toBe(31810728);
		expect(around + a + 2 * b + 3 * c).toBe(52466344);
		expect(count(residualAttentionModule({ p: 2, t: 3, r: 2, depth: 2 }), 64)).toBe(
			(4 + 3 + 8 + 1) * ((17 * 64 * 64) / 16 + 3 * 64) + 2 * 64 * 64 + 4 * 64,
		);
		const small = { p: 2, t: 3, r: 2, depth: 2, unit: "resnext", groups: 8 } as const;
		expect(count(residualAttentionModule(small), 64)).toBe(
			16 * (64 * 64 + (9 * 64 * 64) / (4 * 8) + 4 * 64) + 2 * 64 * 64 + 2 * 64,
		);
		expect(count(tripletAttention({ kernelSize: 3 }), 64)).toBe(60);
		expect(count(scaCnnAttention(), 2048, 1000)).toBe(513537 + 1561601);
	});
});
