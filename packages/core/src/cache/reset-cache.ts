import * as tf from "@tensorflow/tfjs-core";
import { checkNumber } from "../checks.ts";
import type { KeyValueCache } from "./key-value-cache.ts";

/**
 * A cache that has forgotten all positions from `length` on: 0 to start over, or a length to go back to, as speculative
 * decoding does. Items that are shorter stay as they are.
 *
 * Nothing is computed, and nothing is copied but on the wasm backend: the new cache shares the data of the given one. It
 * has tensors of its own all the same, so dispose both.
 *
 * @param length Most positions that an item keeps. Default 0.
 * @throws HeedError if the length is not a whole number from 0 to the capacity.
 */
export function resetCache(cache: KeyValueCache, length = 0): KeyValueCache {
	checkNumber("resetCache", "length", length, { integer: true, min: 0, max: cache.key.shape[2] });
	return {
		key: tf.clone(cache.key),
		value: tf.clone(cache.value),
		lengths: cache.lengths.map((held) => Math.min(held, length)),
	};
}
