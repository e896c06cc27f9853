import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { ImageAttention } from "../image-attention.ts";

/**
 * The base of the layers that see an image in several ways and weigh the ways by what is in the image: `y = Σ over branches of
 * a[branch] · branch(x)`. Inputs and masks: {@link ImageAttention}; the output is 0 at pixels that do not count. With
 * `returnAttention` the weights `[batch, branch, channel]` come as a second output; records have the kind `branch`.
 */
export abstract class BranchAttention extends ImageAttention {
	readonly kind = "branch";
	protected readonly axes: readonly string[] = ["batch", "branch", "channel"];

	/** How many branches there are. */
	protected abstract readonly branches: number;

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const [x = []] = this.shapeList(inputShape);
		const output = this.shapeOfOutput(x);
		if (!this.returnAttention) return output;
		return [output, [x[0] ?? null, this.branches, x[3] ?? null].slice(0, this.axes.length)];
	}
}

/** `Σ over branches of weights[branch] · maps[branch]`, weights `[batch, branch, channel]`. */
export function sumBranches(maps: readonly tf.Tensor4D[], weights: tf.Tensor3D): tf.Tensor4D {
	const [batch, , channels] = weights.shape;
	const weighed = maps.map((map, i) => {
		const own = tf.slice(weights, [0, i, 0], [batch, 1, channels]);
		return tf.mul(map, tf.reshape(own, [batch, 1, 1, channels]));
	});
	return tf.addN(weighed) as tf.Tensor4D;
}

/** A softmax over the branches of scores `[batch, branch, channel]`. */
export function branchSoftmax(scores: tf.Tensor3D): tf.Tensor3D {
	const last = tf.softmax(tf.transpose(scores, [0, 2, 1])); // the host's is over the last axis
	return tf.transpose(last, [0, 2, 1]);
}
