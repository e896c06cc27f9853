import { whereLive } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";

/**
 * The inputs of the steps that count, and 0 for those that do not, whatever stands there: NaN would pass a gate that is shut.
 *
 * @param inputs `[time, batch, inputSize]`.
 * @param live 1 for a step that counts, else 0, `[time, batch]`. Default: all count.
 */
export function liveInputs(inputs: tf.Tensor3D, live: tf.Tensor2D | undefined): tf.Tensor3D {
	return live === undefined ? inputs : whereLive(inputs, tf.cast(live, "bool"));
}
