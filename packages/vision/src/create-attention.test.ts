import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { type AttentionName, attentionNames, createAttention, expectedParams } from "./create-attention.ts";

const asks = ["channelQueryAttention", "querySpatialAttention", "scaCnnAttention"];

describeOnEveryBackend("createAttention", () => {
	it("makes every attention that it knows, of as many weights as expected", () => {
		tf.tidy(() => {
			for (const name of attentionNames) {
				const layer = createAttention(name);
				const x = [null, 7, 7, 16];
				const shape = asks.includes(name) ? [x, [null, 4]] : x;
				layer.build(shape);
				const made = layer.trainableWeights.reduce(
					(sum, weight) => sum + tf.util.sizeFromShape(weight.shape as number[]),
					0,
				);
				expect(expectedParams(name, {}, shape), name).toBe(made);
				for (const weight of layer.weights) weight.dispose();
			}
		});
	});

	it("hands the options on, and knows the short names", () => {
		const of = (name: AttentionName): object => createAttention(name).getConfig();
		expect(createAttention("cbam", { order: "sc" }).getConfig()).toMatchObject({ order: "sc" });
		expect(createAttention("se").getClassName()).toBe("HeedSqueezeExcite");
		expect(of("ceca")).toMatchObject({ circular: true });
		expect(of("gca")).toMatchObject({ fuse: "scale" });
		expect(createAttention("gca", { fuse: "both" }).getConfig()).toMatchObject({ fuse: "both" });
		expect(expectedParams("se", { variant: "timm" }, [null, null, null, 64])).toBe(1096);
	});

	it("says which names and options there are", () => {
		expect(() => createAttention("cbm" as never)).toThrow(
			/createAttention: `name` is "cbm"; expected 'squeezeExcite'.*'cbam'/,
		);
		expect(() => createAttention("toString" as never)).toThrow(/`name` is "toString"/);
		expect(() => createAttention("cbam", { colour: 1 } as never)).toThrow(/cbam: unknown option `colour`/);
		expect(() => createAttention("cbam", { order: "up" as never })).toThrow(/`order` is "up"/);
		expect(() => expectedParams("se", {}, [null, 7, 7])).toThrow(/squeezeExcite.*has rank 3/);
		expect(() => expectedParams("querySpatialAttention", {}, [null, 7, 7, 8])).toThrow(/Pass \[x, query\]/);
	});
});
