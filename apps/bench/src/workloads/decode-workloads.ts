import { appendToCache, disposeCache, type KeyValueCache, scaledDotProductAttention } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { composedAttention } from "./composed-attention.ts";
import { noFeed, type OnnxProgram, onnxProgram } from "./onnx-program.ts";
import { normalValues } from "./random-values.ts";
import type { TensorCase, Workload } from "./workload.ts";

const heads = 8;
const dim = 64;

/** One step of decoding: one more key and value are put behind those of the past, and one query looks at all. */
export const decodeWorkloads: readonly Workload[] = [1024, 4096].map((length) => ({
	id: `decode/${length}`,
	section: "Decoding, one token with a key/value cache (B 1, H 8, D 64)",
	title: `${length.toLocaleString("en")} positions`,
	flops: 4 * heads * length * dim,
	quick: length === 1024,
	tensors: (heed) => decodeCase(length, heed),
	onnx: () => decodeProgram(length),
}));

/** The new position and the past ones. */
function operands(length: number) {
	const of = (name: string, positions: number, seed: number) => ({
		name,
		shape: [1, heads, positions, dim] as [number, number, number, number],
		data: normalValues(heads * positions * dim, seed),
	});
	return {
		query: of("query", 1, 1),
		key: of("key", 1, 2),
		value: of("value", 1, 3),
		pastKey: of("past_key", length - 1, 4),
		pastValue: of("past_value", length - 1, 5),
	};
}

function decodeCase(length: number, heed: boolean): TensorCase {
	const { query, key, value, pastKey, pastValue } = operands(length);
	const step = [query, key, value].map(({ data, shape }) => tf.tensor4d(data, shape));
	const past = [pastKey, pastValue].map(({ data, shape }) => tf.tensor4d(data, shape));
	const [q, k, v] = step as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
	const [pk, pv] = past as [tf.Tensor4D, tf.Tensor4D];
	// Heed's cache has room for all positions from the start, one of which is free.
	const full = (x: tf.Tensor4D): tf.Tensor4D => tf.concat([x, tf.zeros<tf.Rank.R4>([1, heads, 1, dim])], 2);
	let cache: KeyValueCache = tf.tidy(() => ({ key: full(pk), value: full(pv), lengths: [length - 1] }));
	const heedStep = (): tf.Tensor4D => {
		const { lengths } = cache;
		const next = appendToCache(cache, k, v, { consume: true });
		cache = { ...next, lengths }; // the next run is the same step once more
		return scaledDotProductAttention(q, next.key, next.value, {
			causal: true,
			keyLengths: next.lengths,
			queryOffset: lengths,
			implementation: "fused",
		});
	};
	const composedStep = (): tf.Tensor4D =>
		tf.tidy(() => composedAttention(q, tf.concat([pk, k], 2), tf.concat([pv, v], 2)));
	const run = heed ? heedStep : composedStep;
	return {
		async results() {
			const output = run();
			const values = await output.data();
			output.dispose();
			return [values];
		},
		run,
		dispose() {
			tf.dispose([...step, ...past]);
			disposeCache(cache);
		},
	};
}

/** ONNX's operator takes the past and gives the present: all of both is copied in and out of its memory. */
function decodeProgram(length: number): OnnxProgram {
	const { query, key, value, pastKey, pastValue } = operands(length);
	const present = [1, heads, length, dim];
	return onnxProgram(
		"Attention",
		23,
		{},
		[query, key, value, noFeed, pastKey, pastValue],
		[
			{ name: "output", shape: query.shape },
			{ name: "present_key", shape: present, unchecked: true },
			{ name: "present_value", shape: present, unchecked: true },
		],
	);
}
