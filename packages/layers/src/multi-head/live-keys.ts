import { type Lengths, paddingMask } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { whereLive } from "../ops/where-live.ts";

/** What hides keys from all queries. */
interface Hidden {
	/** Bool `[batch, heads, queryLength, keyLength]`, where any size may be 1. */
	readonly mask?: tf.Tensor4D | undefined;
	readonly keyLengths?: Lengths | undefined;
}

/**
 * Keys or values with 0 where no query of any head may look, whatever stood there. A weight of 0 would let NaN through, into
 * the output and into the gradients of the projections.
 *
 * @param x `[batch, keyLength, features]`.
 */
export function liveKeys(x: tf.Tensor3D, { mask, keyLengths }: Hidden): tf.Tensor3D {
	const [batch, keyLength] = x.shape;
	let kept = x; // as it is where nothing fits: the attention itself says so
	if (keyLengths !== undefined && count(keyLengths) === batch) {
		kept = whereLive(kept, paddingMask(keyLengths, keyLength));
	}
	// A mask with one column says the same of all keys.
	if (mask === undefined || mask.shape[3] !== keyLength || ![1, batch].includes(mask.shape[0])) return kept;
	const [rows, heads, queryLength] = mask.shape;
	const shared = heads === 1 && queryLength === 1;
	return whereLive(kept, shared ? tf.reshape(mask, [rows, keyLength]) : tf.any(mask, [1, 2]));
}

const count = (lengths: Lengths): number => (lengths instanceof tf.Tensor ? lengths.size : lengths.length);
