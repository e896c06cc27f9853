import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { countMade } from "../test/count-weights.ts";
import { type AttentionName, attentionNames, createAttention, expectedParams } from "./create-attention.ts";
import type { FrameAttention } from "./temporal/frame-attention.ts";

const asks = ["channelQueryAttention", "querySpatialAttention", "scaCnnAttention", "sca"];
const onFrames: Readonly<Record<string, Shape | Shape[]>> = {
	...{
		queryTemporalAttention: [
			[null, 5, 32],
			[null, 4],
		],
		temporalSelfAttention: [null, 5, 32],
	},
	...{
		spatioTemporalAttention: [
			[null, 5, 3, 2, 32],
			[null, 4],
		],
		hardFrameSelection: [null, 5, 32],
	},
	...{
		tgif: [
			[null, 5, 3, 2, 32],
			[null, 4],
		],
		timesformer: [null, 5, 3, 2, 32],
	},
};

describeOnEveryBackend("createAttention", () => {
	it("makes every attention that it knows, of as many weights as expected", () => {
		tf.tidy(() => {
			for (const name of attentionNames) {
				const layer = createAttention(name);
				const x = [null, 7, 7, 32];
				const shape = onFrames[name] ?? (asks.includes(name) ? [x, [null, 4]] : x);
				layer.build(shape);
				expect(expectedParams(name, {}, shape), name).toBe(countMade(layer));
				for (const weight of layer.weights) weight.dispose();
			}
		});
	});

	it("hands the options on, and knows the short names", () => {
		const of = (name: AttentionName): object => createAttention(name).getConfig();
		expect(createAttention("cbam", { order: "sc" }).getConfig()).toMatchObject({ order: "sc" });
		expect(createAttention("se").getClassName()).toBe("HeedSqueezeExcite");
		expect(createAttention("gct").getClassName()).toBe("HeedGatedChannelTransform");
		expect(createAttention("coordinate").getClassName()).toBe("HeedCoordinateAttention");
		expect(createAttention("non-local").getClassName()).toBe("HeedNonLocal");
		expect(of("ceca")).toMatchObject({ circular: true });
		expect(of("gca")).toMatchObject({ fuse: "scale" });
		expect(createAttention("gca", { fuse: "both" }).getConfig()).toMatchObject({ fuse: "both" });
		expect(expectedParams("se", { variant: "timm" }, [null, null, null, 64])).toBe(1096);
		expect(of("cond-conv")).toMatchObject({ routing: "sigmoid", experts: 8 });
		const frames: FrameAttention = createAttention("timesformer", { numHeads: 2 });
		expect(frames.getConfig()).toMatchObject({ mode: "divided", numHeads: 2 });
		expect(createAttention("stn", { transform: "tps" }).getClassName()).toBe("HeedSpatialTransformer");
		expect(expectedParams("sk", {}, [null, null, null, 64])).toBe(8768);
		const tgif: [Shape, Shape] = [
			[null, 35, 7, 7, 3072],
			[null, 1024],
		];
		expect(expectedParams("tgif", { temporal: false }, tgif)).toBe(2098689);
		expect(
			expectedParams("queryTemporalAttention", {}, [
				[null, 35, 1024],
				[null, 1024],
			]),
		).toBe(1050113);
	});

	it("says which names and options there are", () => {
		expect(() => createAttention("cbm" as never)).toThrow(
			/createAttention: `name` is "cbm"; expected 'squeezeExcite'.*'cbam'.* Did you mean 'cbam'\?/,
		);
		expect(() => createAttention("toString" as never)).toThrow(/`name` is "toString"/);
		expect(() => createAttention(undefined as never)).toThrow(/`name` is undefined; expected/);
		expect(() => createAttention("SqueezeExcitation" as never)).toThrow(/Did you mean 'squeezeExcite'\?/);
		expect(() => createAttention("dynamic_conv" as never)).toThrow(/Did you mean 'dynamic-conv'\?/);
		expect(() => createAttention("cbma" as never)).toThrow(/Did you mean 'cbam'\?/);
		expect(() => createAttention("zzzzzzzz" as never)).toThrow(/'timesformer'\.$/);
		expect(() => createAttention("cbam", { colour: 1 } as never)).toThrow(/cbam: unknown option `colour`/);
		expect(() => createAttention("cbam", { order: "up" as never })).toThrow(/`order` is "up"/);
		expect(() => expectedParams("se", {}, [null, 7, 7])).toThrow(/squeezeExcite.*has rank 3/);
		expect(() => expectedParams("se", {}, [null, null, null, null])).toThrow(
			/: the channels of x \[\?, \?, \?, \?\] are unknown; expected rank 4: .* with known channels\.$/,
		);
		expect(() => expectedParams("se", {}, undefined as never)).toThrow(
			/^expectedParams: `inputShape` is undefined; expected sizes/,
		);
		expect(() => expectedParams("querySpatialAttention", {}, [null, 7, 7, 8])).toThrow(/Pass \[x, query\]/);
	});
});
