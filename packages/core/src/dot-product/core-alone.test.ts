// No @heed/testing here: it imports tfjs-layers, and with it the gradients of the host's ops.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { sparsemax } from "../normalize/sparsemax.ts";
import { gridSample } from "../warp/grid-sample.ts";
import { scaledDotProductAttention } from "./scaled-dot-product-attention.ts";

beforeAll(async () => {
	tf.env().set("IS_TEST", true);
	await tf.setBackend("cpu");
	expect(
		tf.getGradient("MatMul") ?? tf.getGradient("BatchMatMul"),
		"the host's gradients are absent",
	).toBeUndefined();
});

/** The gradient without any op of the host on the tape: the upstream gradient is all ones. */
const gradients = (f: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): tf.Tensor[] => {
	const output = f(...inputs);
	return tf.grads(f)(inputs, tf.onesLike(output));
};

test("attention, sampling and normalisers have gradients with tfjs-core alone", () => {
	const make = (...shape: number[]): tf.Tensor =>
		tf.reshape(tf.linspace(-1, 1, tf.util.sizeFromShape(shape)), shape);
	const attend = (...[q, k, v]: tf.Tensor[]): tf.Tensor =>
		scaledDotProductAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, { causal: true });
	const shape = [1, 2, 3, 4];
	for (const gradient of gradients(attend, [make(...shape), make(...shape), make(...shape)])) {
		expect(gradient.shape).toEqual(shape);
	}
	const sample = (...[image, grid]: tf.Tensor[]): tf.Tensor =>
		gridSample(image as tf.Tensor4D, grid as tf.Tensor4D);
	expect(gradients(sample, [make(1, 3, 5, 2), make(1, 2, 2, 2)])).toHaveLength(2);
	expect(gradients((x) => sparsemax(x as tf.Tensor), [make(2, 5)])).toHaveLength(1);
});
