import { checkDtype, checkShape } from "@heed/core";
import type * as tf from "@tensorflow/tfjs-core";

/** The scores of a linear chain besides the emissions. Finite numbers; -1e4 forbids a transition. */
export interface CrfWeights {
	/** `[tags, tags]`, from a tag (row) to the next one (column). */
	readonly transitions: tf.Tensor2D;
	/** Score of beginning with a tag, `[tags]`. Default: 0. */
	readonly start?: tf.Tensor1D | undefined;
	/** Score of ending with a tag, `[tags]`. Default: 0. */
	readonly end?: tf.Tensor1D | undefined;
}

/** Refuses emissions, weights and lengths that do not fit each other. */
export function checkCrf(
	where: string,
	emissions: tf.Tensor3D,
	{ transitions, start, end }: CrfWeights,
	lengths: tf.Tensor1D | undefined,
): void {
	checkShape(where, "emissions", emissions, ["batch", "length", "tags"], [null, null, null], "a batch");
	checkDtype(where, "emissions", emissions, "float32");
	const [batch, , tags] = emissions.shape;
	checkShape(where, "transitions", transitions, ["from", "to"], [tags, tags], "the tags of emissions");
	for (const [name, side] of Object.entries({ start, end })) {
		if (side !== undefined) checkShape(where, name, side, ["tags"], [tags], "the tags of emissions");
	}
	if (lengths === undefined) return;
	checkShape(where, "lengths", lengths, ["batch"], [batch], "emissions");
	checkDtype(where, "lengths", lengths, "int32");
}
