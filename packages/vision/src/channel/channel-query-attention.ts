import { additiveScore, checkFlag, checkNumber } from "@heed/core";
import { type AttentionLayerArgs, type ParameterScope, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttended, ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { averageOverPixels } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { ChannelGate, scaleChannels } from "./channel-gate.ts";

/** Arguments of {@link channelQueryAttention}. */
export interface ChannelQueryAttentionArgs extends AttentionLayerArgs {
	/** Size of the space in which channels and query meet. Default 512. */
	readonly units?: number | undefined;
	/** Multiply by the number of channels, so that an even weighing changes nothing. Default true, as in the released code. */
	readonly rescale?: boolean | undefined;
}

/**
 * The channel attention of SCA-CNN: a query, such as the state of a decoder that writes a caption, asks every channel.
 *
 *     v = mean over the pixels of x                                  [B, C]
 *     b[c] = tanh(v[c] · W + bias + q · U)                           [B, C, units]
 *     a = softmax_c(b[c] · w + w₀);   y = C · a · x
 *
 * Inputs: `[x, query]` or `[x, query, mask]`, see {@link ImageAttention}. The weights a sum to 1, also with `rescale`, which the
 * text of the paper does not have: without it the activations shrink to a hundredth. Weights: `channel/kernel` W [units],
 * `channel/bias` [units], `query/kernel` U [querySize, units], `score/kernel` w [units], `score/bias` w₀ [1], which changes
 * nothing under a softmax.
 *
 * Chen et al. 2016, "SCA-CNN: Spatial and Channel-wise Attention in Convolutional Networks for Image Captioning",
 * https://arxiv.org/abs/1611.05594
 *
 * When not to use it: without a query; that is {@link SqueezeExcite}.
 *
 * @throws HeedError at construction, build or call.
 */
export class ChannelQueryAttention extends ChannelGate {
	static readonly className = "HeedChannelQueryAttention";
	override readonly takesQuery = true;
	readonly units: number;
	readonly rescale: boolean;
	#ask: AskChannels | undefined;

	constructor(args: ChannelQueryAttentionArgs = {}) {
		super(args, ["units", "rescale"]);
		const { units = 512, rescale = true } = args;
		checkNumber(this.where, "units", units, { integer: true, min: 1 });
		checkFlag(this.where, "rescale", rescale);
		this.units = units;
		this.rescale = rescale;
	}

	protected addWeights(parts: LayerParts, { querySize }: ImageSizes): void {
		this.#ask = makeChannelQuery(parts, { querySize, units: this.units });
	}

	protected weigh({ x, query, mask }: ImageAttentionCall): tf.Tensor2D {
		return this.made(this.#ask)(x, query as tf.Tensor2D, mask);
	}

	protected override attend(call: ImageAttentionCall): ImageAttended {
		const weights = this.weigh(call);
		const share = this.rescale ? tf.mul(weights, weights.shape[1]) : weights;
		return { output: scaleChannels(call.x, share), weights };
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { units, rescale } = this;
		return { ...super.getConfig(), units, rescale };
	}
}
tf.serialization.registerClass(ChannelQueryAttention);

/** Makes a {@link ChannelQueryAttention} layer. */
export function channelQueryAttention(args: ChannelQueryAttentionArgs = {}): ChannelQueryAttention {
	return new ChannelQueryAttention(args);
}

/** The weight of every channel for a query, `[batch, channels]`; each row sums to 1. */
export type AskChannels = (x: tf.Tensor4D, query: tf.Tensor2D, mask?: tf.Tensor3D) => tf.Tensor2D;

/** The attention as a part of a layer. */
export function makeChannelQuery(
	parameters: ParameterScope,
	options: { readonly querySize: number; readonly units: number },
): AskChannels {
	const { querySize, units } = options;
	const channel = parameters.add<tf.Rank.R1>("channel/kernel", [units], { deviation: 1 / Math.sqrt(units) });
	const bias = parameters.add<tf.Rank.R1>("channel/bias", [units], "zeros");
	const ask = parameters.add<tf.Rank.R2>("query/kernel", [querySize, units]);
	const v = parameters.add<tf.Rank.R1>("score/kernel", [units], { deviation: 1 / Math.sqrt(units) });
	const shift = parameters.add<tf.Rank.R1>("score/bias", [1], "zeros");
	return (x, query, mask) => {
		const means = tf.expandDims(averageOverPixels(x, mask), 2); // [B, C, 1]
		const keys = project(means, tf.reshape(channel, [1, units]), bias) as tf.Tensor3D; // [B, C, U]
		const question = tf.expandDims(project(query, ask), 1) as tf.Tensor3D; // [B, 1, U]
		const scores = tf.add(additiveScore(question, keys, { v }), shift); // [B, 1, C]
		return tf.reshape(tf.softmax(scores), [x.shape[0], x.shape[3]]);
	};
}
