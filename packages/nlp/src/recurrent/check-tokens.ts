import { checkDtype, checkNotEmpty, checkRank, checkShape } from "@heed/core";
import { checkIds } from "@heed/layers";
import type * as tf from "@tensorflow/tfjs-core";

/**
 * Refuses ids and lengths that nothing can be made of. Ids beyond a table are not looked for: looking them up does that.
 *
 * @param axis The name of the tokens, `[batch, axis]`.
 */
export function checkTokens(where: string, ids: tf.Tensor2D, lengths?: tf.Tensor1D, axis = "source"): void {
	checkRank(where, "ids", ids, ["batch", axis]);
	checkDtype(where, "ids", ids, "int32");
	if (lengths !== undefined) checkLengths(where, "lengths", lengths, "ids", ids);
	checkNotEmpty(where, "ids", ids, ["batch", axis]);
}

/** Refuses lengths that rows `[batch, width, …]` cannot have. */
export function checkLengths(
	where: string,
	name: string,
	lengths: tf.Tensor1D,
	owner: string,
	{ shape: [batch = 0, width = 0] }: tf.Tensor,
): void {
	checkShape(where, name, lengths, ["batch"], [batch], owner);
	checkDtype(where, name, lengths, "int32");
	checkIds(where, name, lengths, width + 1, `the width of ${owner}`);
}
