import * as tf from "@tensorflow/tfjs-core";
import { type ImageAttended, ImageAttention, type ImageAttentionCall } from "../image-attention.ts";

const partAxes = {
	channel: ["batch", "channel"],
	spatial: ["batch", "height", "width"],
	rows: ["batch", "height", "channel"],
	columns: ["batch", "width", "channel"],
} as const;

/**
 * The base of the layers that weigh every element: `y[b, h, w, c] = a[b, h, w, c] · x[b, h, w, c]`, with weights that are made of
 * those of channels, pixels, rows or columns. Inputs and masks: {@link ImageAttention}. With `returnAttention` a
 * `[batch, height, width, channels]` comes as a second output. A capture gets a record of each part, of the kind `channel`,
 * `spatial`, `rows` (`[batch, height, channel]`) or `columns` (`[batch, width, channel]`), and then one of the whole, of the kind
 * `element`.
 */
export abstract class MixedAttention extends ImageAttention {
	readonly kind = "element";
	protected readonly axes: readonly string[] = ["batch", "height", "width", "channel"];

	/** The weights of all elements, `[batch, height, width, channels]`. */
	protected abstract weigh(call: ImageAttentionCall): tf.Tensor4D;

	protected attend(call: ImageAttentionCall): ImageAttended {
		const weights = this.weigh(call);
		return { output: tf.mul(call.x, weights), weights };
	}

	/** Reports a part of the weights, if a capture runs. */
	protected recordPart(kind: keyof typeof partAxes, weights: tf.Tensor): void {
		this.record({ kind, axes: partAxes[kind], weights, meta: { mechanism: this.where } });
	}
}

/** Weights of channels `[batch, channels]` as weights of elements, `[batch, 1, 1, channels]`. */
export function ofChannels(weights: tf.Tensor2D): tf.Tensor4D {
	return tf.reshape(weights, [weights.shape[0], 1, 1, weights.shape[1]]);
}

/** Weights of pixels `[batch, height, width]` as weights of elements, `[batch, height, width, 1]`. */
export function ofPixels(weights: tf.Tensor3D): tf.Tensor4D {
	return tf.expandDims(weights, 3);
}
