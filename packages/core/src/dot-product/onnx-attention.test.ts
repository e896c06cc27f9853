import {
	describeOnEveryBackend,
	expectAllClose,
	fixtureTensor,
	fixtureValues,
	type OnnxCase,
	onnxCases,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import type { AttentionOptions } from "./attention-options.ts";
import { scaledDotProductAttention } from "./scaled-dot-product-attention.ts";

const cases = onnxCases("Attention");

/** `[batch, length, heads · dim]` → `[batch, heads, length, dim]`; rank 4 passes. */
function unpack(tensor: tf.Tensor, heads: number): tf.Tensor4D {
	if (tensor.rank === 4) return tensor as tf.Tensor4D;
	const [batch = 1, length = 1, size = 1] = tensor.shape;
	return tf.transpose(tf.reshape(tensor, [batch, length, heads, size / heads]), [0, 2, 1, 3]);
}

/** ONNX lets a mask end early: the missing keys are hidden. Rank 3 is `[heads, query, key]` there. */
function completeMask(mask: tf.Tensor, keyLength: number): tf.Tensor {
	const rank4 = mask.rank === 3 ? tf.expandDims(mask, 0) : mask;
	const missing = keyLength - (rank4.shape.at(-1) ?? 0);
	if (missing <= 0) return rank4;
	const paddings = rank4.shape.map((_, axis): [number, number] => [0, axis === rank4.rank - 1 ? missing : 0]);
	if (mask.dtype !== "bool") return tf.pad(rank4, paddings, -Infinity);
	return tf.cast(tf.pad(tf.cast(rank4, "int32"), paddings, 0), "bool");
}

/** Maps the operator to our function; returns its outputs by role. */
function runCase(
	{ inputs, attributes }: OnnxCase,
	implementation: "auto" | "dense" | "fused",
): Record<string, tf.Tensor> {
	const byRole = Object.fromEntries(inputs.map((input) => [input.role, fixtureTensor(input)]));
	const { Q, K, V, attn_mask, past_key, past_value, nonpad_kv_seqlen } = byRole;
	if (Q === undefined || K === undefined || V === undefined) throw new Error("The case lacks Q, K or V.");
	const query = unpack(Q, Number(attributes.q_num_heads));
	let key = unpack(K, Number(attributes.kv_num_heads));
	let value = unpack(V, Number(attributes.kv_num_heads));
	if (past_key !== undefined) key = tf.concat([past_key as tf.Tensor4D, key], 2);
	if (past_value !== undefined) value = tf.concat([past_value as tf.Tensor4D, value], 2);
	const lengths = nonpad_kv_seqlen === undefined ? undefined : [...nonpad_kv_seqlen.dataSync()];
	const queryLength = query.shape[2];
	const queryOffset = lengths?.map((length) => length - queryLength) ?? past_key?.shape[2] ?? 0;
	const mask = attn_mask === undefined ? undefined : completeMask(attn_mask, key.shape[2]);
	const options: AttentionOptions = {
		causal: attributes.is_causal === 1,
		queryOffset,
		...(attributes.scale === undefined ? {} : { scale: Number(attributes.scale) }),
		...(attributes.softcap ? { softcap: Number(attributes.softcap) } : {}),
		...(mask === undefined ? {} : mask.dtype === "bool" ? { mask } : { bias: mask }),
		...(lengths === undefined ? {} : { keyLengths: lengths }),
	};
	const output = scaledDotProductAttention(query, key, value, { ...options, implementation });
	const { weights } = scaledDotProductAttention(query, key, value, { ...options, returnWeights: true });
	const packed = tf.reshape(tf.transpose(output, [0, 2, 1, 3]), [output.shape[0], queryLength, -1]);
	const scores = rawScores(query, key, options, Number(attributes.qk_matmul_output_mode ?? 0));
	return {
		Y: Q.rank === 3 ? packed : output,
		present_key: key,
		present_value: value,
		qk_matmul_output: attributes.qk_matmul_output_mode === 3 ? weights : scores,
	};
}

/** Scores after scale (mode 0), softcap (1), bias and masks (2), which attention itself does not return. */
function rawScores(query: tf.Tensor4D, key: tf.Tensor4D, options: AttentionOptions, mode: number): tf.Tensor {
	const group = query.shape[1] / key.shape[1];
	const perHead = tf.concat(
		Array.from({ length: query.shape[1] }, (_, head) =>
			tf.slice4d(key, [0, Math.floor(head / group), 0, 0], [-1, 1, -1, -1]),
		),
		1,
	);
	const scale = options.scale ?? 1 / Math.sqrt(query.shape[3]);
	let scores: tf.Tensor = tf.mul(tf.matMul(query, perHead, false, true), scale);
	if (mode >= 1 && options.softcap)
		scores = tf.mul(tf.tanh(tf.div(scores, options.softcap)), options.softcap);
	if (mode < 2) return scores;
	if (options.bias !== undefined) scores = tf.add(scores, options.bias);
	if (!options.causal) return scores;
	const [rows, columns] = scores.shape.slice(-2) as [number, number];
	const row = tf.add(tf.reshape(tf.range(0, rows, 1, "int32"), [rows, 1]), options.queryOffset as number);
	return tf.where(tf.lessEqual(tf.range(0, columns, 1, "int32"), row), scores, -Infinity);
}

describeOnEveryBackend("ONNX Attention cases", (backend) => {
	test.skipIf(cases.length === 0).each(cases.map((entry) => [entry.name, entry] as const))(
		"%s",
		async (_, entry) => {
			const atol = entry.features.includes("fp16") ? 1e-3 : 5e-5;
			const implementations = backend === "webgpu" ? (["fused"] as const) : (["auto", "dense"] as const);
			await expectAllClose(() =>
				implementations.flatMap((implementation) => {
					const results = runCase(entry, implementation);
					return entry.outputs.map((output) => {
						const result = results[output.role];
						expect(result?.shape, output.role).toEqual(output.shape);
						const label = `${output.role}, ${implementation}`;
						return [result ?? [], fixtureValues(output), { atol, label }] as const;
					});
				}),
			);
		},
	);

	test.skipIf(cases.length === 0)("counts them", () => {
		console.info(`ONNX Attention on ${backend}: ${cases.length} of ${cases.length} cases, 0 skipped`);
		expect(cases).toHaveLength(46);
	});
});
