import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { attentionPooling2d } from "./spatial/attention-pooling-2d.ts";
import { queryTemporalAttention } from "./temporal/query-temporal-attention.ts";
import { temporalSelfAttention } from "./temporal/temporal-self-attention.ts";
import { tokenPooling } from "./token/token-pooling.ts";

const [batch, length, side, features] = [2, 4, 2, 4];

/** Each layer, the axes of what it attends to, and its other inputs. */
const cases: [string, () => tfl.layers.Layer, number[], () => tf.Tensor[]][] = [
	["frames", () => queryTemporalAttention({ seed: 0 }), [length], () => [randomTensor([batch, 3], 1)]],
	["pixels", () => attentionPooling2d({ units: 3, seed: 0 }), [side, length / side], () => []],
	["tokens", () => tokenPooling({ pool: "attention", numHeads: 2, seed: 0 }), [length], () => []],
];

describeOnEveryBackend("an explicit mask and that of a Masking layer in front", () => {
	it.each(cases)("hide together: %s", (_, make, axes, others) => {
		const layer = make();
		tf.tidy(() => {
			const bool = (rows: number[][]): tf.Tensor =>
				tf.cast(tf.reshape(tf.tensor2d(rows), [batch, ...axes]), "bool");
			const padding = bool([
				[1, 1, 1, 0],
				[1, 0, 1, 1],
			]);
			const explicit = bool([
				[0, 1, 1, 1],
				[0, 1, 1, 1],
			]);
			const dense = randomTensor([batch, ...axes, features], 2);
			const x = tf.mul(dense, tf.expandDims(tf.cast(padding, "float32"), -1));
			const masked = tfl.layers.masking({ maskValue: 0 }).apply(x) as tf.Tensor;
			const expected = layer.apply([x, ...others(), tf.logicalAnd(padding, explicit)]) as tf.Tensor;
			const alone = layer.apply([x, ...others(), explicit]) as tf.Tensor;
			const found = layer.apply([masked, ...others(), explicit]) as tf.Tensor;
			expectClose(found, expected, { atol: 0 });
			expect([...alone.dataSync()]).not.toEqual([...found.dataSync()]);
		});
		layer.dispose();
	});

	it("one of frames counts alone beside one of pixels", () => {
		const layer = temporalSelfAttention({ numHeads: 1, seed: 0 });
		tf.tidy(() => {
			const video = tf.relu(randomTensor<tf.Rank.R5>([batch, length, side, side, features], 3)); // with pixels of zeros
			const frames = tf.tensor2d([[1, 1, 0, 1]], undefined, "bool");
			const mask = tf.tile(frames, [batch, 1]);
			const expected = layer.apply([video, mask]) as tf.Tensor;
			const masked = tfl.layers.masking({ maskValue: 0 }).apply(video) as tf.Tensor;
			expectClose(layer.apply([masked, mask]) as tf.Tensor, expected, { atol: 0 });
		});
		layer.dispose();
	});
});
