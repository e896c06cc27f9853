import * as tf from "@tensorflow/tfjs-core";
import { checkNumber } from "../checks.ts";
import { HeedError } from "../errors.ts";
import type { KeyValueCache } from "./key-value-cache.ts";

/**
 * A cache whose item i is the given one's item `beamIndices[i]`: what beam search does after each step. There may be more
 * items than before, which spreads one prompt over several beams, or fewer.
 *
 * The chosen items are copied. The given cache stays as it is; dispose it when it is no longer needed.
 *
 * @param beamIndices Which item each new item continues. Items may be repeated and left out.
 * @throws HeedError if there is no index, or one is not that of an item.
 */
export function reorderCache(cache: KeyValueCache, beamIndices: ArrayLike<number>): KeyValueCache {
	const where = "reorderCache";
	const indices = Array.from(beamIndices);
	if (indices.length === 0)
		throw new HeedError("OPTION", where, "`beamIndices` is empty; expected an index per new item.");
	indices.forEach((index, i) => {
		checkNumber(where, `beamIndices[${i}]`, index, { integer: true, min: 0, max: cache.lengths.length - 1 });
	});
	const [key, value] = [cache.key, cache.value].map((x) =>
		tf.tidy(() => tf.gather(x, tf.tensor1d(indices, "int32"))),
	) as [tf.Tensor4D, tf.Tensor4D];
	return { key, value, lengths: indices.map((index) => cache.lengths[index] ?? 0) };
}
