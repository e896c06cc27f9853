import { describeOnEveryBackend, expectClose, literalCases, nlpReference, sharedPath } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { repeatKeyValueHeads } from "../heads/repeat-key-value-heads.ts";
import { causalMask } from "../mask/causal-mask.ts";
import { maskedSoftmax } from "../normalize/masked-softmax.ts";
import { additiveScore } from "./additive-score.ts";
import { dotScore } from "./dot-score.ts";
import { generalScore } from "./general-score.ts";

type Nested = number[][][];

interface JoeyReference {
	readonly query: Nested;
	readonly keys: Nested;
	readonly mask: boolean[][];
	readonly Wq: number[][];
	readonly Wk: number[][];
	readonly v: number[][];
	readonly expected_attention: Nested;
	readonly expected_context: Nested;
	readonly atol: number;
}

/** Rows of features times a matrix `[out, in]`. */
function project(x: tf.Tensor3D, weights: number[][]): tf.Tensor3D {
	const [batch, length, features] = x.shape;
	const w = tf.tensor2d(weights);
	return tf.reshape(tf.matMul(tf.reshape(x, [-1, features]), w, false, true), [batch, length, w.shape[0]]);
}

const absent = sharedPath("conformance") === undefined; // says so
const keras = literalCases(/^keras_(attention_dot|attention_concat|additive_noscale|attention_masks)$/);
const causal = literalCases(/^jaxjs_causal$/);
const grouped = literalCases(/^jaxjs_gqa_adjacent$/);
const joey = nlpReference<Record<string, JoeyReference>>("joeynmt_inputs.json") ?? {};

const joeyScores: Record<string, (r: JoeyReference, q: tf.Tensor3D, k: tf.Tensor3D) => tf.Tensor3D> = {
	bahdanau: (r, q, k) => additiveScore(project(q, r.Wq), project(k, r.Wk), { v: tf.tensor1d(r.v.flat()) }),
	luong_general: (r, q, k) => generalScore(q, k, { w: tf.tensor2d(r.Wk) }),
};

describeOnEveryBackend("scores against published numbers", (backend) => {
	it.skipIf(absent)("JoeyNMT's Bahdanau and Luong attention", () => {
		const names = Object.keys(joey).filter((name) => name in joeyScores);
		expect(names).toEqual(Object.keys(joeyScores));
		for (const name of names) {
			const [reference, score] = [joey[name], joeyScores[name]];
			if (reference === undefined || score === undefined) expect.fail(name);
			const [query, keys] = [tf.tensor3d(reference.query), tf.tensor3d(reference.keys)];
			const mask = tf.expandDims(tf.tensor2d(reference.mask, undefined, "bool"), 1);
			const weights = maskedSoftmax(score(reference, query, keys), mask);
			const { expected_attention: attention, expected_context: context, atol } = reference;
			expectClose(weights, tf.tensor3d(attention), { atol, label: `${name} attention` });
			expectClose(tf.matMul(weights, keys), tf.tensor3d(context), { atol, label: `${name} context` });
		}
		console.info(`${backend}: ${names.length} JoeyNMT cases: ${names.join(", ")}`);
	});

	it.skipIf(absent)("Keras' and jax-js' attention in print", () => {
		expect([keras.length, causal.length, grouped.length]).toEqual([4, 1, 1]);
		const ones = (key: tf.Tensor3D): tf.Tensor1D => tf.ones([key.shape[2]]);
		for (const { name, inputs, expected, atol } of keras) {
			const [query, value] = [tf.tensor3d(inputs.query), tf.tensor3d(inputs.value)];
			const key = inputs.key === undefined ? value : tf.tensor3d(inputs.key);
			const additive = /concat|additive/.test(name);
			const scores = additive ? additiveScore(query, key, { v: ones(key) }) : dotScore(query, key);
			const mask = inputs.value_mask && tf.expandDims(tf.tensor2d(inputs.value_mask, undefined, "bool"), 1);
			const weights = maskedSoftmax(scores, mask);
			expectClose(weights, tf.tensor3d(expected.scores), { atol, label: name });
			const rows = inputs.query_mask ? tf.expandDims(tf.tensor2d(inputs.query_mask), 2) : tf.scalar(1);
			expectClose(tf.mul(tf.matMul(weights, value), rows), tf.tensor3d(expected.output), {
				atol,
				label: name,
			});
		}
		for (const { name, inputs, expected, atol } of causal) {
			const [q, k, v] = ["q", "k", "v"].map((slot) => tf.tensor3d([inputs[slot]])) as [
				tf.Tensor3D,
				tf.Tensor3D,
				tf.Tensor3D,
			];
			const weights = maskedSoftmax(dotScore(q, k, { scale: "inverseRoot" }), causalMask(3, 3));
			expectClose(tf.matMul(weights, v), tf.tensor3d([expected.y]), { atol, label: name });
		}
		for (const { name, inputs, expected, atol } of grouped) {
			const values = repeatKeyValueHeads(tf.tensor4d(inputs.v, [1, 2, 1, 1]), 2);
			expectClose(values, expected.y, { atol, label: name });
		}
		console.info(`${backend}: ${keras.length} Keras and ${causal.length + grouped.length} jax-js cases`);
	});
});
