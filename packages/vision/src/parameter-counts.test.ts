import { useBackend } from "@heed/testing";
import { describe, expect, it } from "vitest";
import { count, countEach } from "../test/count-weights.ts";
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
import { attentionPooling2d } from "./spatial/attention-pooling-2d.ts";
import { cbamSpatialGate } from "./spatial/cbam-spatial-gate.ts";
import { crissCross } from "./spatial/criss-cross.ts";
import { knnAttention2d } from "./spatial/knn-attention-2d.ts";
import { nonLocal } from "./spatial/non-local.ts";
import { querySpatialAttention } from "./spatial/query-spatial-attention.ts";
import { spatialSqueezeExcite } from "./spatial/spatial-squeeze-excite.ts";
import { windowAttention } from "./spatial/window-attention.ts";

describe("the published numbers of parameters", () => {
	useBackend("cpu");

	it.each([
		["SE r16", [580, 2184, 8464, 33312, 132160, 526464], () => [squeezeExcite()]],
		["CBAM", [680, 2284, 8564, 33412, 132260, 526564], () => [cbamChannelGate(), cbamSpatialGate()]],
		["GC 1/16 add", [653, 2329, 8753, 33889, 133313, 528769], () => [globalContext()]],
		["Non-local C/2", [8352, 33088, 131712, 525568, 2099712, 8393728], () => [nonLocal()]],
		[
			"scSE r2",
			[4257, 16705, 66177, 263425, 1051137, 4199425],
			() => [squeezeExcite({ rdRatio: 1 / 2 }), spatialSqueezeExcite()],
		],
		["ECA by rule", [3, 5, 5, 5, 5, 7], () => [efficientChannelAttention()]],
	] as const)("%s", (_, expected, make) => {
		expect(countEach(make)).toEqual(expected);
	});

	it("the other forms", () => {
		expect(count(squeezeExcite({ variant: "timm" }), 64)).toBe(1096);
		expect(count(channelQueryAttention(), 2048, 1000)).toBe(513537);
		expect(count(querySpatialAttention(), 2048, 1000)).toBe(1561601);
		const c = 64;
		expect(count(effectiveSqueezeExcite(), c)).toBe(c * c + c);
		expect(count(frequencyChannelAttention(), c)).toBe((2 * c * c) / 16);
		expect(count(styleRecalibration(), c)).toBe(4 * c);
		expect(count(gatedChannelTransform(), c)).toBe(3 * c);
		expect(count(gatherExcite(), c)).toBe(580);
		expect(count(gatherExcite({ extent: 4, extraParams: true }), c)).toBe(580 + 2 * (9 + 2) * c);
		expect(count(gatherExcite({ extraParams: true, useMlp: false }), c)).toBe((49 + 2) * c);
		expect(count(hardChannelAttention(), c)).toBe(580);
		expect(count(attentionPooling2d({ units: 5 }), c)).toBe(5 * c + 5 + 5 + 1);
		expect(count(cbamSpatialGate({ variant: "paper" }), c)).toBe(98);
		expect(count(nonLocal({ mode: "concatenation" }), c)).toBe(8352 + c);
		expect(count(nonLocal({ mode: "gaussian" }), c)).toBe(c * c + 1.5 * c);
		expect(count(knnAttention2d(), c)).toBe(4 * c * c + 4 * c);
		expect(count(crissCross(), c)).toBe(1.25 * c * c + 1.25 * c + 1);
		expect(count(windowAttention(), c)).toBe(4 * c * c + 4 * c + 169 * 8);
		expect(count(globalContext({ fuse: "both" }), c)).toBe(653 + 653 - 65);
	});

	it("multi-head attention of ViT-B", () => {
		expect(count(knnAttention2d({ numHeads: 12 }), 768)).toBe(2362368);
	});

	it("Show, Attend and Tell of arctic-captions and of sgrvinod, and TGIF-QA, whose queries have a bias beside", () => {
		expect(count(querySpatialAttention(), 512, 1000)).toBe(775169);
		expect(count(querySpatialAttention({ queryBias: true }), 2048, 512)).toBe(1312257);
		expect(count(querySpatialAttention({ queryBias: true }), 3072, 1024)).toBe(2098689);
	});

	it("Swin-T of windowed attention", () => {
		const depths = [2, 2, 6, 2];
		const stages = depths.map((depth, i) => {
			const c = 96 * 2 ** i;
			const attention = count(windowAttention({ numHeads: 3 * 2 ** i }), c);
			const merging = i === 0 ? 0 : 4 * c + 2 * c * c; // norm and product of four pixels of half the channels
			return depth * (attention + 4 * c + 8 * c * c + 5 * c) + merging;
		});
		const patches = 4 * 4 * 3 * 96 + 96 + 2 * 96;
		const head = 2 * 768 + 768 * 1000 + 1000;
		expect(stages.reduce((sum, size) => sum + size, patches + head)).toBe(28288354);
	});
});
