import * as tf from "@tensorflow/tfjs-core";
import { stopGradient } from "../sample/stop-gradient.ts";
import { zerosFor } from "../zeros-for.ts";
import {
	checkLinearAttention,
	type FeatureMap,
	type LinearAttentionOptions,
	type LinearAttentionState,
} from "./linear-attention-options.ts";

// B batch, H heads, T queries, S keys, D features, E value size

/** What {@link linearAttention} returns with `returnState`. */
export interface LinearAttentionResult {
	/** `[batch, heads, queryLength, valueDim]` */
	readonly output: tf.Tensor4D;
	/** The state after the keys of this call, for the next one. */
	readonly state: LinearAttentionState;
}

const featureMaps: Record<FeatureMap, (x: tf.Tensor4D) => tf.Tensor4D> = {
	elu: (x) => tf.add(tf.elu(x), 1),
	relu: (x) => tf.relu(x),
	identity: (x) => x,
};

/** 1 where a key counts, `[B, 1, S, 1]`, or nothing if all do. */
function liveKeys(
	key: tf.Tensor4D,
	{ keyMask, keyLengths }: LinearAttentionOptions,
): tf.Tensor4D | undefined {
	const [batch, , length] = key.shape;
	const masks = keyMask === undefined ? [] : [keyMask];
	if (keyLengths !== undefined) {
		const lengths = keyLengths instanceof tf.Tensor ? keyLengths : tf.tensor1d([...keyLengths], "int32");
		masks.push(tf.less(tf.range(0, length, 1, "int32"), tf.expandDims(lengths, 1)) as tf.Tensor2D); // [B, S]
	}
	const [first, second] = masks;
	if (first === undefined) return undefined;
	const live = second === undefined ? first : tf.logicalAnd(first, second);
	return tf.cast(tf.reshape<tf.Rank.R4>(live, [batch, 1, length, 1]), "float32");
}

/** Sums over the keys; `keySum` is a column here, so that products with it need no reshaping. */
interface Sums {
	readonly memory: tf.Tensor4D; // [B, H, D, E]
	readonly keySum: tf.Tensor4D; // [B, H, D, 1]
}

function addKeys(sums: Sums | undefined, key: tf.Tensor4D, value: tf.Tensor4D): Sums {
	const [batch, heads, length, features] = key.shape;
	const shape: [number, number, number, number] = [batch, heads, features, value.shape[3]];
	// The host's sums over nothing are not 0 on the wasm backend, but what was in the memory before.
	const some = batch * heads * length > 0;
	const memory: tf.Tensor4D = some ? tf.matMul(key, value, true, false) : zerosFor(shape, key, value);
	const sum = some ? tf.sum(key, 2) : zerosFor([batch, heads, features], key);
	const keySum: tf.Tensor4D = tf.reshape(sum, [batch, heads, features, 1]);
	if (sums === undefined) return { memory, keySum };
	return { memory: tf.add(sums.memory, memory), keySum: tf.add<tf.Tensor4D>(sums.keySum, keySum) };
}

/**
 * Attention whose weights are products of features, so that the keys and values can be summed up once: linear in the
 * length, and a recurrence when causal.
 *
 * ```text
 * output_i = φ(q_i)ᵀ · Σ_j φ(k_j) v_jᵀ  /  (φ(q_i)ᵀ · Σ_j φ(k_j) + epsilon)
 * ```
 *
 * The sum runs over all keys, or over j ≤ i if `causal`, and includes `state`. Without `causal` it costs T·D·E
 * multiplications per head; with it, chunks of positions are done at once: the quadratic form inside a chunk, the state
 * between chunks. For step-wise decoding pass one position and the last state; all three ways agree. Query heads and key
 * heads are equal in number (`repeatKeyValueHeads` makes them so). There is no scale factor; put it into the query.
 *
 * With nothing to attend to the output is 0. A key that does not count influences nothing, whatever it holds.
 *
 * When not to use it: short sequences, where softmax attention is as fast, and tasks that need sharp look-ups.
 *
 * Katharopoulos et al., Transformers are RNNs, https://arxiv.org/abs/2006.16236
 *
 * @param query `[batch, heads, queryLength, headDim]`, float32. Differentiable, like key, value and state.
 * @param key `[batch, heads, keyLength, headDim]`, float32.
 * @param value `[batch, heads, keyLength, valueDim]`, float32.
 * @returns `[batch, heads, queryLength, valueDim]`, or that with the state if `returnState`.
 * @throws HeedError if a shape, an element type or an option does not fit.
 */
export function linearAttention(
	query: tf.Tensor4D,
	key: tf.Tensor4D,
	value: tf.Tensor4D,
	options: LinearAttentionOptions & { readonly returnState: true },
): LinearAttentionResult;
export function linearAttention(
	query: tf.Tensor4D,
	key: tf.Tensor4D,
	value: tf.Tensor4D,
	options?: LinearAttentionOptions & { readonly returnState?: false | undefined },
): tf.Tensor4D;
export function linearAttention(
	query: tf.Tensor4D,
	key: tf.Tensor4D,
	value: tf.Tensor4D,
	options: LinearAttentionOptions = {},
): tf.Tensor4D | LinearAttentionResult {
	checkLinearAttention(query, key, value, options);
	const {
		featureMap = "elu",
		causal = false,
		epsilon = 1e-6,
		chunkLength = 64,
		returnState = false,
	} = options;
	const { normalize = featureMap !== "identity" } = options;
	const phi = typeof featureMap === "function" ? featureMap : featureMaps[featureMap];
	return tf.tidy(() => {
		const live = liveKeys(key, options);
		// Before φ as well as after it: what a key that does not count holds must not reach its gradient either.
		const clean = (x: tf.Tensor4D): tf.Tensor4D =>
			live === undefined ? x : (tf.where(tf.cast(live, "bool"), x, 0) as tf.Tensor4D);
		const q = phi(query); // [B, H, T, D]
		const features = phi(clean(key));
		const k = live === undefined ? features : tf.mul<tf.Tensor4D>(features, live); // [B, H, S, D]
		const v = clean(value); // [B, H, S, E]

		const finish = (numerator: tf.Tensor4D, weightSum: tf.Tensor4D): tf.Tensor4D => {
			if (!normalize) return numerator;
			return epsilon > 0 ? tf.div(numerator, tf.add(weightSum, epsilon)) : divide(numerator, weightSum);
		};
		const earlier = options.state && {
			...options.state,
			keySum: tf.expandDims<tf.Tensor4D>(options.state.keySum, 3),
		};
		const { output, sums } = causal
			? attendInChunks(q, k, v, { sums: earlier, chunkLength, finish })
			: attendToAll(q, addKeys(earlier, k, v), finish);
		if (!returnState) return output;
		return { output, state: { memory: sums.memory, keySum: tf.squeeze<tf.Tensor3D>(sums.keySum, [3]) } };
	});
}

/** Zero, with zero gradients, where the divisor is: without an epsilon that is where there is nothing to attend to. */
function divide(numerator: tf.Tensor4D, divisor: tf.Tensor4D): tf.Tensor4D {
	const some = tf.notEqual(stopGradient(divisor), 0);
	const safe = tf.where(some, divisor, tf.onesLike(divisor)); // not divNoNan, whose gradient is not finite there
	return tf.mul(tf.div(numerator, safe), tf.cast(some, "float32")) as tf.Tensor4D;
}

type Finish = (numerator: tf.Tensor4D, weightSum: tf.Tensor4D) => tf.Tensor4D;
type Attended = { readonly output: tf.Tensor4D; readonly sums: Sums };

function attendToAll(q: tf.Tensor4D, sums: Sums, finish: Finish): Attended {
	return { output: finish(tf.matMul(q, sums.memory), tf.matMul(q, sums.keySum)), sums };
}

interface ChunkOptions {
	readonly sums: Sums | undefined;
	readonly chunkLength: number;
	readonly finish: Finish;
}

function attendInChunks(q: tf.Tensor4D, k: tf.Tensor4D, v: tf.Tensor4D, options: ChunkOptions): Attended {
	const length = q.shape[2];
	const outputs: tf.Tensor4D[] = [];
	let { sums } = options;
	for (let start = 0; start === 0 || start < length; start += options.chunkLength) {
		const count = Math.min(options.chunkLength, length - start);
		const [qc, kc, vc] = [q, k, v].map((x) => tf.slice(x, [0, 0, start, 0], [-1, -1, count, -1])) as [
			tf.Tensor4D,
			tf.Tensor4D,
			tf.Tensor4D,
		];
		const lower = Float32Array.from({ length: count * count }, (_, i) =>
			i % count <= Math.floor(i / count) ? 1 : 0,
		);
		const scores: tf.Tensor4D = tf.mul(tf.matMul(qc, kc, false, true), tf.tensor2d(lower, [count, count])); // [B, H, C, C]
		let numerator: tf.Tensor4D = tf.matMul(scores, vc); // [B, H, C, E]
		let weightSum: tf.Tensor4D = tf.sum(scores, 3, true); // [B, H, C, 1]
		if (sums !== undefined) {
			numerator = tf.add(numerator, tf.matMul(qc, sums.memory));
			weightSum = tf.add(weightSum, tf.matMul(qc, sums.keySum));
		}
		outputs.push(options.finish(numerator, weightSum));
		sums = addKeys(sums, kc, vc);
	}
	return { output: tf.concat(outputs, 2), sums: sums as Sums }; // there is always a chunk
}
