import * as tf from "@tensorflow/tfjs-core";
import { checkNumber, checkOptions } from "../checks.ts";

/**
 * The keys and values of past positions, in tensors whose shape never changes: shaders and plans made for the first step
 * serve every later one.
 *
 * A cache owns its two tensors. No function changes or disposes the cache that it is given, unless it is told to `consume` it;
 * each returns a new one, to be freed by {@link disposeCache} like the old.
 */
export interface KeyValueCache {
	/** `[batch, kvHeads, capacity, headDim]`; zeros or leftovers from `lengths` on. */
	readonly key: tf.Tensor4D;
	/** `[batch, kvHeads, capacity, valueDim]` */
	readonly value: tf.Tensor4D;
	/** Positions in use, per batch item. Plain numbers, so that nobody waits for a GPU to learn them. */
	readonly lengths: readonly number[];
}

/** Options of {@link createCache}. */
export interface CacheOptions {
	readonly batch: number;
	readonly kvHeads: number;
	/** Most positions that an item can hold. */
	readonly capacity: number;
	/** Size of a key. */
	readonly headDim: number;
	/** Size of a value. Default: that of a key. */
	readonly valueDim?: number | undefined;
}

/**
 * An empty cache of fixed capacity, for decoding step by step: first the prompt, of any number of tokens, then one token
 * at a time, with one and the same call.
 *
 * ```ts
 * let cache = createCache({ batch: 2, kvHeads: 4, capacity: 128, headDim: 64 });
 * function step(query: tf.Tensor4D, key: tf.Tensor4D, value: tf.Tensor4D): tf.Tensor4D {
 * 	const before = cache.lengths;
 * 	cache = appendToCache(cache, key, value, { consume: true });
 * 	return scaledDotProductAttention(query, cache.key, cache.value, {
 * 		keyLengths: cache.lengths,
 * 		queryOffset: before,
 * 		causal: true,
 * 	});
 * }
 * ```
 *
 * It takes batch · kvHeads · capacity · (headDim + valueDim) floats from the start.
 *
 * @throws HeedError if a size is missing or not a positive whole number.
 */
export function createCache(options: CacheOptions): KeyValueCache {
	const where = "createCache";
	checkOptions(where, options, ["batch", "kvHeads", "capacity", "headDim", "valueDim"]);
	const { batch, kvHeads, capacity, headDim, valueDim = headDim } = options;
	for (const [name, size] of Object.entries({ batch, kvHeads, capacity, headDim, valueDim })) {
		checkNumber(where, name, size, { integer: true, min: 1 });
	}
	return {
		key: tf.zeros([batch, kvHeads, capacity, headDim]),
		value: tf.zeros([batch, kvHeads, capacity, valueDim]),
		lengths: new Array<number>(batch).fill(0),
	};
}

/** Frees the two tensors of a cache. */
export function disposeCache(cache: KeyValueCache): void {
	tf.dispose([cache.key, cache.value]);
}
