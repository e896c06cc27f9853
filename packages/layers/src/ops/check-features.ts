import { checkDtype, checkNotEmpty, checkShape } from "@heed/core";
import type * as tf from "@tensorflow/tfjs-core";

/**
 * Refuses an input of a layer that is no float32 tensor of the shape expected, or in which there is nothing.
 *
 * @param expected Sizes by axis, `null` for any.
 * @param reason Where the expectation comes from.
 * @throws HeedError `SHAPE`, `DTYPE`.
 */
export function checkFeatures(
	where: string,
	name: string,
	x: tf.Tensor,
	axes: readonly string[],
	expected: readonly (number | null)[] = axes.map(() => null),
	reason = "the layer",
): void {
	checkShape(where, name, x, axes, expected, reason);
	checkDtype(where, name, x, "float32");
	checkNotEmpty(where, name, x, axes);
}
