import { checkFlag, checkNumber } from "@heed/core";
import { type AttentionLayerArgs, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { checkOdd } from "../ops/check-odd.ts";
import { averageOverPixels } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { ChannelGate } from "./channel-gate.ts";

/** Arguments of {@link efficientChannelAttention}. */
export interface EfficientChannelAttentionArgs extends AttentionLayerArgs {
	/** How many neighbouring channels meet, an odd number. Default: by the rule of the paper. */
	readonly kernelSize?: number | undefined;
	/** The rule's γ. Default 2. */
	readonly gamma?: number | undefined;
	/** The rule's b. Default 1. */
	readonly beta?: number | undefined;
	/** The last channel is the neighbour of the first. Default false: zeros are. */
	readonly circular?: boolean | undefined;
}

/**
 * Efficient channel attention: a channel is weighed by its neighbours, with a handful of weights for all of them.
 *
 *     z = mean over the pixels of x                                          [B, C]
 *     a[c] = sigmoid(Σ_j w[j] · z[c + j − (k − 1) / 2]);   y = a · x
 *     k = t, or t + 1 where t is even, with t = ⌊|log₂ C + b| / γ⌋; at least 3
 *
 * 64 channels have k 3, 128 to 1024 have 5, 2048 have 7. The released ECA-ResNet-50 has 3, 5, 5, 7 in its stages, which is not
 * the rule: give `kernelSize` there. Inputs and masks: {@link ImageAttention}. Weights: `kernel` w [k].
 *
 * Wang et al. 2019, "ECA-Net: Efficient Channel Attention for Deep Convolutional Neural Networks",
 * https://arxiv.org/abs/1910.03151
 *
 * When not to use it: where the order of the channels means nothing and should not; {@link SqueezeExcite} does not see it.
 *
 * @throws HeedError at construction, build or call.
 */
export class EfficientChannelAttention extends ChannelGate {
	static readonly className = "HeedEfficientChannelAttention";
	readonly kernelSize: number | undefined;
	readonly gamma: number;
	readonly beta: number;
	readonly circular: boolean;
	#kernel: tf.Variable<tf.Rank.R1> | undefined;

	constructor(args: EfficientChannelAttentionArgs = {}) {
		super(args, ["kernelSize", "gamma", "beta", "circular"]);
		const { kernelSize, gamma = 2, beta = 1, circular = false } = args;
		if (kernelSize !== undefined) checkOdd(this.where, "kernelSize", kernelSize);
		checkNumber(this.where, "gamma", gamma, { above: 0 });
		checkNumber(this.where, "beta", beta);
		checkFlag(this.where, "circular", circular);
		this.kernelSize = kernelSize;
		this.gamma = gamma;
		this.beta = beta;
		this.circular = circular;
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		this.#kernel = parts.add("kernel", [this.kernelSize ?? this.#sizeByRule(channels)]);
	}

	#sizeByRule(channels: number): number {
		const t = Math.floor(Math.abs(Math.log2(channels) + this.beta) / this.gamma);
		return Math.max(t % 2 === 1 ? t : t + 1, 3);
	}

	protected weigh({ x, mask }: ImageAttentionCall): tf.Tensor2D {
		const z = averageOverPixels(x, mask); // [B, C]
		const [batch, channels] = z.shape;
		const kernel = this.made(this.#kernel);
		const [size] = kernel.shape;
		const margin = (size - 1) / 2;
		const padded = this.circular
			? wrapPad(z, margin)
			: tf.pad(z, [
					[0, 0],
					[margin, margin],
				]); // [B, C + k − 1]
		const taps = Array.from({ length: size }, (_, j) => tf.slice(padded, [0, j], [batch, channels]));
		const neighbours = tf.stack(taps, 2); // [B, C, k]
		const scores = project(neighbours, tf.reshape(kernel, [size, 1])); // [B, C, 1]
		return tf.sigmoid(tf.reshape(scores, [batch, channels]));
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { kernelSize, gamma, beta, circular } = this;
		const size = kernelSize === undefined ? {} : { kernelSize };
		return { ...super.getConfig(), ...size, gamma, beta, circular };
	}
}
tf.serialization.registerClass(EfficientChannelAttention);

/** Continues the last axis on both sides by itself, as often as the margin needs. */
function wrapPad(z: tf.Tensor2D, margin: number): tf.Tensor2D {
	const [batch, channels] = z.shape;
	const rounds = Math.ceil(margin / channels);
	const repeated = tf.concat(new Array(2 * rounds + 1).fill(z), 1) as tf.Tensor2D;
	return tf.slice(repeated, [0, rounds * channels - margin], [batch, channels + 2 * margin]);
}

/** Makes an {@link EfficientChannelAttention} layer. */
export function efficientChannelAttention(
	args: EfficientChannelAttentionArgs = {},
): EfficientChannelAttention {
	return new EfficientChannelAttention(args);
}
