import * as tf from "@tensorflow/tfjs-core";
import { type ImageAttended, ImageAttention, type ImageAttentionCall } from "../image-attention.ts";

/**
 * The base of the layers that weigh channels: `y[b, h, w, c] = a[b, c] · x[b, h, w, c]`. Inputs and masks: {@link
 * ImageAttention}. With `returnAttention` a `[batch, channels]` comes as a second output; records have the kind `channel` and
 * the axes `['batch', 'channel']`.
 */
export abstract class ChannelGate extends ImageAttention {
	readonly kind: string = "channel";
	protected readonly axes: readonly string[] = ["batch", "channel"];

	/** The weights of the channels, `[batch, channels]`. */
	protected abstract weigh(call: ImageAttentionCall): tf.Tensor2D;

	protected attend(call: ImageAttentionCall): ImageAttended {
		const weights = this.weigh(call);
		return { output: scaleChannels(call.x, weights), weights };
	}
}

/** `x` times one weight per channel, `[batch, channels]`. */
export function scaleChannels(x: tf.Tensor4D, weights: tf.Tensor): tf.Tensor4D {
	const [batch, , , channels] = x.shape;
	return tf.mul(x, tf.reshape(weights, [batch, 1, 1, channels]));
}
