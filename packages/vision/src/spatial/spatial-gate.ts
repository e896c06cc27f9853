import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { type ImageAttended, ImageAttention, type ImageAttentionCall } from "../image-attention.ts";
import { flattenPixels } from "../ops/global-pool.ts";

/**
 * The base of the layers that weigh pixels: `y[b, h, w, c] = a[b, h, w] · x[b, h, w, c]`, or, where a layer reduces, `y[b, c] =
 * Σ over pixels of a · x`. Inputs and masks: {@link ImageAttention}. With `returnAttention` a `[batch, height, width]` comes as a
 * second output; records have the kind `spatial` and the axes `['batch', 'height', 'width']`.
 */
export abstract class SpatialGate extends ImageAttention {
	readonly kind = "spatial";
	protected readonly axes: readonly string[] = ["batch", "height", "width"];
	/** Whether one row of channels comes out instead of an image. */
	readonly reduce: boolean = false;

	/** The weights of the pixels, `[batch, height, width]`. */
	protected abstract weigh(call: ImageAttentionCall): tf.Tensor3D;

	protected attend(call: ImageAttentionCall): ImageAttended {
		const weights = this.weigh(call);
		return { output: this.reduce ? sumPixels(call.x, weights) : scalePixels(call.x, weights), weights };
	}

	protected override shapeOfOutput(x: Shape): Shape {
		return this.reduce ? [x[0] ?? null, x[3] ?? null] : x;
	}

	/** Without an image there are no pixels that a mask could speak of. */
	protected override passesMask(): boolean {
		return !this.reduce;
	}
}

/** `x` times one weight per pixel, `[batch, height, width]`. */
export function scalePixels(x: tf.Tensor4D, weights: tf.Tensor3D): tf.Tensor4D {
	return tf.mul(x, tf.expandDims(weights, 3));
}

/** The sum over all pixels of `x` times their weights, `[batch, channels]`. */
export function sumPixels(x: tf.Tensor4D, weights: tf.Tensor3D): tf.Tensor2D {
	const [batch, height, width, channels] = x.shape;
	const row: tf.Tensor3D = tf.reshape(weights, [batch, 1, height * width]);
	return tf.reshape(tf.matMul(row, flattenPixels(x)), [batch, channels]);
}
