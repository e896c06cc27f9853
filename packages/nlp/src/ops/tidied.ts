import * as tf from "@tensorflow/tfjs-core";

/** `tf.tidy` for results that hold plain numbers beside tensors, as a cache does, of which its type does not know. */
export function tidied<Result>(work: () => Result): Result {
	return tf.tidy(work as unknown as () => tf.TensorContainer) as unknown as Result;
}
