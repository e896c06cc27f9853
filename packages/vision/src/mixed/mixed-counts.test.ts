import { useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import type { ImageAttention, ImageSizes } from "../image-attention.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { bam } from "./bam.ts";
import { cbam } from "./cbam.ts";
import { coordinateAttention } from "./coordinate-attention.ts";
import { residualAttentionModule } from "./residual-attention-module.ts";
import { scaCnnAttention } from "./sca-cnn-attention.ts";
import { scSE } from "./scse.ts";
import { simAM } from "./sim-am.ts";
import { tripletAttention } from "./triplet-attention.ts";

/** The trained numbers that a layer asks for, none of which is made: some would be millions. */
function count(layer: ImageAttention, channels: number, querySize = 0): number {
	let numbers = 0;
	const parts = {
		add: (_: string, shape: number[]) => {
			numbers += shape.reduce((product, size) => product * size, 1);
		},
		addStatistic: () => undefined,
		scope: () => parts,
	} as unknown as LayerParts;
	const sizes: ImageSizes = { channels, height: null, width: null, querySize };
	(layer as unknown as { addWeights(parts: LayerParts, sizes: ImageSizes): void }).addWeights(parts, sizes);
	return numbers;
}

describe("the published numbers of parameters of mixed attention", () => {
	useBackend("cpu");

	it("counts what a layer makes", () => {
		const layer = bam();
		layer.build([null, 7, 7, 64]);
		const made = layer.trainableWeights.map(({ shape }) => tf.util.sizeFromShape(shape as number[]));
		expect(made.reduce((sum, size) => sum + size, 0)).toBe(count(bam(), 64));
		for (const weight of layer.weights) weight.dispose();
	});

	const widths = [64, 128, 256, 512, 1024, 2048];
	it.each([
		["CBAM", cbam, [680, 2284, 8564, 33412, 132260, 526564]],
		["BAM", bam, [1173, 4457, 17361, 68513, 272193, 1085057]],
		["scSE r2", scSE, [4257, 16705, 66177, 263425, 1051137, 4199425]],
		["Coordinate r32", coordinateAttention, [1688, 3352, 6680, 25648, 100448, 397504]],
		["Triplet", tripletAttention, [300, 300, 300, 300, 300, 300]],
		["SimAM", simAM, [0, 0, 0, 0, 0, 0]],
	] as const)("%s", (_, make, expected) => {
		expect(widths.map((channels) => count(make(), channels))).toEqual(expected);
	});

	it("networks with BAM after their first three stages, and with triplets in every block", () => {
		const after = (channels: number, variant?: "paper"): number =>
			[1, 2, 4].reduce((sum, times) => sum + count(bam({ variant }), channels * times), 0);
		expect([11689512, 21797672].map((base) => base + after(64))).toEqual([11712503, 21820663]);
		const deep = [25557032, 44549160, 60192808];
		expect(deep.map((base) => base + after(256))).toEqual([25915099, 44907227, 60550875]);
		expect(25557032 + after(256, "paper")).toBe(25917793);
		expect(25557032 + 16 * count(tripletAttention(), 256)).toBe(25561832);
		expect(count(tripletAttention({ kernelSize: 3 }), 64)).toBe(60);
	});

	it("residual attention modules, SCA-CNN", () => {
		const stages = [1, 2, 4].map((times, i) => count(residualAttentionModule({ depth: 3 - i }), 256 * times));
		const [a = 0, b = 0, c = 0] = stages;
		expect(stages).toEqual([976896, 3046912, 8804352]);
		const around = 9664 + 74496 + 378368 + 1510400 + 6035456 + 2 * 4462592 + 2049000;
		expect(around + a + b + c).toBe(31810728);
		expect(around + a + 2 * b + 3 * c).toBe(52466344);
		expect(count(residualAttentionModule({ p: 2, t: 3, r: 2, depth: 2 }), 64)).toBe(
			(4 + 3 + 8 + 1) * ((17 * 64 * 64) / 16 + 3 * 64) + 2 * 64 * 64 + 4 * 64,
		);
		expect(count(scaCnnAttention(), 2048, 1000)).toBe(513537 + 1561601);
	});
});
