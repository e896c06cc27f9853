import { checkNumber } from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttentionCall } from "../image-attention.ts";
import { averageOverPixels, pixelCount } from "../ops/global-pool.ts";
import { MixedAttention, ofChannels } from "./mixed-attention.ts";

/** Arguments of {@link simAM}. */
export interface SimAMArgs extends AttentionLayerArgs {
	/** Keeps the weights of even channels finite. Default 1e-4. */
	readonly lambda?: number | undefined;
}

/**
 * SimAM: what stands out from its channel counts, without a single weight.
 *
 *     d = (x − mean over pixels of x)²;   v = Σ over pixels of d / (L − 1)         L pixels that count
 *     a = sigmoid(d / (4 · (v + λ)) + ½);   y = a · x
 *
 * A channel that is the same everywhere is weighed by sigmoid(½). Inputs, masks and records: {@link MixedAttention}.
 *
 * Yang et al. 2021, "SimAM: A Simple, Parameter-Free Attention Module for Convolutional Neural Networks",
 * https://proceedings.mlr.press/v139/yang21o.html
 *
 * When not to use it: where what matters is the rule rather than the exception; it cannot learn to see it otherwise.
 *
 * @throws HeedError at construction, build or call.
 */
export class SimAM extends MixedAttention {
	static readonly className = "HeedSimAM";
	readonly lambda: number;

	constructor(args: SimAMArgs = {}) {
		super(args, ["lambda"]);
		const { lambda = 1e-4 } = args;
		checkNumber(this.where, "lambda", lambda, { above: 0 });
		this.lambda = lambda;
	}

	protected addWeights(): void {}

	protected weigh({ x, mask }: ImageAttentionCall): tf.Tensor4D {
		const deviations = tf.square(tf.sub(x, ofChannels(averageOverPixels(x, mask))));
		const counted =
			mask === undefined ? deviations : tf.mul(deviations, tf.cast(tf.expandDims(mask, 3), "float32"));
		const sum = tf.sum(counted, [1, 2], true); // [B, 1, 1, C]
		const [batch, height, width] = x.shape;
		const pixels = mask === undefined ? height * width : tf.reshape(pixelCount(mask), [batch, 1, 1, 1]);
		const variance = tf.div(sum, tf.maximum(tf.sub(pixels, 1), 1));
		const energy = tf.mul(tf.add(variance, this.lambda), 4);
		return tf.sigmoid(tf.add(tf.div(deviations, energy), 0.5));
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), lambda: this.lambda };
	}
}
tf.serialization.registerClass(SimAM);

/** Makes a {@link SimAM} layer. */
export function simAM(args: SimAMArgs = {}): SimAM {
	return new SimAM(args);
}
