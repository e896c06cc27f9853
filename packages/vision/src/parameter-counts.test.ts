import { useBackend } from "@heed/testing";
import { describe, expect, it } from "vitest";
import { cbamChannelGate } from "./channel/cbam-channel-gate.ts";
import { channelQueryAttention } from "./channel/channel-query-attention.ts";
import { effectiveSqueezeExcite } from "./channel/effective-squeeze-excite.ts";
import { efficientChannelAttention } from "./channel/efficient-channel-attention.ts";
import { frequencyChannelAttention } from "./channel/frequency-channel-attention.ts";
import { gatedChannelTransform } from "./channel/gated-channel-transform.ts";
import { gatherExcite } from "./channel/gather-excite.ts";
import { globalContext } from "./channel/global-context.ts";
import { hardChannelAttention } from "./channel/hard-channel-attention.ts";
import { squeezeExcite } from "./channel/squeeze-excite.ts";
import { styleRecalibration } from "./channel/style-recalibration.ts";
import type { ImageAttention } from "./image-attention.ts";
import { attentionPooling2d } from "./spatial/attention-pooling-2d.ts";
import { cbamSpatialGate } from "./spatial/cbam-spatial-gate.ts";
import { crissCross } from "./spatial/criss-cross.ts";
import { knnAttention2d } from "./spatial/knn-attention-2d.ts";
import { nonLocal } from "./spatial/non-local.ts";
import { querySpatialAttention } from "./spatial/query-spatial-attention.ts";
import { spatialSqueezeExcite } from "./spatial/spatial-squeeze-excite.ts";
import { windowAttention } from "./spatial/window-attention.ts";

/** The trained numbers of layers that are built for so many channels. */
function count(channels: number, layers: readonly ImageAttention[], querySize?: number): number {
	return layers
		.map((layer) => {
			const x = [null, 7, 7, channels];
			layer.build(querySize === undefined ? x : [x, [null, querySize]]);
			const sizes = layer.trainableWeights.map(({ shape }) =>
				shape.reduce<number>((n, size) => n * (size ?? 0), 1),
			);
			for (const weight of layer.weights) weight.dispose();
			return sizes.reduce((sum, size) => sum + size, 0);
		})
		.reduce((sum, size) => sum + size, 0);
}

const widths = [64, 128, 256, 512, 1024, 2048];

describe("the published numbers of parameters", () => {
	useBackend("cpu");

	it.each([
		["SE r16", [580, 2184, 8464, 33312, 132160, 526464], () => [squeezeExcite()]],
		["CBAM", [680, 2284, 8564, 33412, 132260, 526564], () => [cbamChannelGate(), cbamSpatialGate()]],
		["GC 1/16 add", [653, 2329, 8753, 33889, 133313, 528769], () => [globalContext()]],
		["Non-local C/2", [8352, 33088, 131712, 525568], () => [nonLocal()]],
		["scSE r2", [4257, 16705, 66177], () => [squeezeExcite({ rdRatio: 1 / 2 }), spatialSqueezeExcite()]],
		["ECA by rule", [3, 5, 5, 5, 5, 7], () => [efficientChannelAttention()]],
	] as const)("%s", (_, expected, layers) => {
		expect(expected.map((_, i) => count(widths[i] ?? 0, layers()))).toEqual(expected);
	});

	/** What the blocks add to a ResNet: so many of so many channels. */
	const stages = {
		18: [
			[64, 2],
			[128, 2],
			[256, 2],
			[512, 2],
		],
		34: [
			[64, 3],
			[128, 4],
			[256, 6],
			[512, 3],
		],
		50: [
			[256, 3],
			[512, 4],
			[1024, 6],
			[2048, 3],
		],
		101: [
			[256, 3],
			[512, 4],
			[1024, 23],
			[2048, 3],
		],
		152: [
			[256, 3],
			[512, 8],
			[1024, 36],
			[2048, 3],
		],
	} as const;
	const base = { 18: 11689512, 34: 21797672, 50: 25557032, 101: 44549160, 152: 60192808 };
	const added = (depth: keyof typeof stages, layers: () => ImageAttention[]): number =>
		stages[depth].reduce((sum, [channels, blocks]) => sum + blocks * count(channels, layers()), base[depth]);

	it.each([
		[18, 11778592, 11776552, 11779392],
		[34, 21958868, 21954856, 21960468],
		[50, 28088024, 28071976, 28089624],
		[101, 49326872, 49292328, 49330172],
		[152, 66821848, 66770984, 66826848],
	] as const)("ResNet-%i with SE, SE without biases, CBAM", (depth, se, noBias, cbam) => {
		expect(added(depth, () => [squeezeExcite()])).toBe(se);
		expect(added(depth, () => [squeezeExcite({ useBias: false })])).toBe(noBias);
		expect(added(depth, () => [cbamChannelGate(), cbamSpatialGate()])).toBe(cbam);
	});

	it("the other forms", () => {
		expect(count(64, [squeezeExcite({ variant: "timm" })])).toBe(1096);
		expect(
			added(50, () => [cbamChannelGate({ variant: "timm" }), cbamSpatialGate({ variant: "timm" })]),
		).toBe(28073576);
		expect(added(50, () => [efficientChannelAttention()])).toBe(25557118);
		expect(added(50, () => [efficientChannelAttention({ kernelSize: 3 })])).toBe(25557080);
		const released = stages[50].map(
			([channels, blocks], i) =>
				blocks * count(channels, [efficientChannelAttention({ kernelSize: [3, 5, 5, 7][i] })]),
		);
		expect(released.reduce((sum, size) => sum + size, base[50])).toBe(25557112);
		expect(count(2048, [channelQueryAttention()], 1000)).toBe(513537);
		expect(count(2048, [querySpatialAttention()], 1000)).toBe(1561601);
		const c = 64;
		expect(count(c, [effectiveSqueezeExcite()])).toBe(c * c + c);
		expect(count(c, [frequencyChannelAttention()])).toBe((2 * c * c) / 16);
		expect(count(c, [styleRecalibration()])).toBe(4 * c);
		expect(count(c, [gatedChannelTransform()])).toBe(3 * c);
		expect(count(c, [gatherExcite()])).toBe(580);
		expect(count(c, [gatherExcite({ extent: 4, extraParams: true })])).toBe(580 + 2 * (9 + 2) * c);
		expect(count(c, [gatherExcite({ extraParams: true, useMlp: false })])).toBe((49 + 2) * c);
		expect(count(c, [hardChannelAttention()])).toBe(580);
		expect(count(c, [attentionPooling2d({ units: 5 })])).toBe(5 * c + 5 + 5 + 1);
		expect(count(c, [cbamSpatialGate({ variant: "paper" })])).toBe(98);
		expect(count(c, [nonLocal({ mode: "concatenation" })])).toBe(8352 + c);
		expect(count(c, [nonLocal({ mode: "gaussian" })])).toBe(c * c + 1.5 * c);
		expect(count(c, [knnAttention2d()])).toBe(4 * c * c + 4 * c);
		expect(count(c, [crissCross()])).toBe(1.25 * c * c + 1.25 * c + 1);
		expect(count(c, [windowAttention()])).toBe(4 * c * c + 4 * c + 169 * 8);
		expect(count(c, [globalContext({ fuse: "both" })])).toBe(653 + 653 - 65);
	});
});
