import { checkNumber, checkOptions, HeedError } from "@heed/core";
import { type AttentionLayerArgs, seedFor } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { type Bottleneck, makeBottleneck } from "../ops/bottleneck.ts";
import { averageOverPixels } from "../ops/global-pool.ts";
import {
	type ChoiceEstimator,
	chooseItems,
	drawItems,
	type HardChoice,
	resolveChoice,
} from "../ops/hard-choice.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import {
	type Reduction,
	type ReductionArgs,
	reducedChannels,
	reductionNames,
	resolveReduction,
} from "../ops/reduction.ts";
import { ChannelGate, scaleChannels } from "./channel-gate.ts";

/** Arguments of {@link hardChannelAttention}. */
export interface HardChannelAttentionArgs extends AttentionLayerArgs, ReductionArgs {
	/** How many channels stay. Default 1. */
	readonly k?: number | undefined;
	/** Default `straightThrough`. */
	readonly estimator?: ChoiceEstimator | undefined;
	/** Only `gumbel`: near 0 the weights are nearly 0 or 1 and the gradient is noisy. Default 1. */
	readonly temperature?: number | undefined;
}

/** Options of {@link HardChannelAttention.choose}. */
export interface ChooseOptions {
	/** Of the draw, a whole number from 0; another one for every step. */
	readonly seed: number;
	/** Bool `[batch, height, width]`, true = this pixel counts. */
	readonly mask?: tf.Tensor3D | undefined;
}

/** What {@link HardChannelAttention.choose} gives. Dispose all four. */
export type ChosenChannels = {
	/** `[batch, height, width, channels]`, 0 in the channels that were not chosen. */
	readonly output: tf.Tensor;
	/** 1 for a chosen channel, 0 for the others, `[batch, channels]`. */
	readonly weights: tf.Tensor;
	/** Logarithm of the probability of these draws in this order, `[batch]`; differentiable. */
	readonly logProb: tf.Tensor;
	/** How undecided the first draw was, in nats, `[batch]`; differentiable. */
	readonly entropy: tf.Tensor;
};

/**
 * Keeps `k` channels of each image and drops the others.
 *
 *     s = relu(mean(x) · W₁ + b₁) · W₂ + b₂            [B, C], hidden size C / 16
 *     a = 1 for the k largest s, 0 for the others;   y = a · x
 *
 * Choosing has no gradient. Four ways to train all the same; with each the weights of an image sum to k:
 *
 * - `straightThrough`: the gradient goes to softmax(s) as if that had been the weights; biased.
 * - `gumbel`: in training softmax((s + Gumbel noise) / temperature), for k > 1 summed over k rounds in which those taken fade
 *   (Xie, Ermon 2019): soft weights, so not quite what runs later.
 * - `topk`: always k · softmax over the k largest: soft among those that stay, with an exact gradient.
 * - `reinforce`: drawn without putting back, by {@link HardChannelAttention.choose}, whose `logProb` and `entropy` go into
 *   `reinforceSurrogate` of @heed/core; unbiased, of high variance. `fit` has no place for that and is refused.
 *
 * Inputs and masks: {@link ImageAttention}. Weights as those of {@link SqueezeExcite}.
 *
 * Bengio, Léonard, Courville 2013, https://arxiv.org/abs/1308.3432; Jang, Gu, Poole 2016, https://arxiv.org/abs/1611.01144; Xie,
 * Ermon 2019, https://arxiv.org/abs/1901.10517; Williams 1992, https://doi.org/10.1007/BF00992696
 *
 * When not to use it: to get better; soft gates train with less noise. It is for computing less, and for seeing which channels
 * suffice.
 *
 * @throws HeedError at construction, build or call.
 */
export class HardChannelAttention extends ChannelGate {
	static readonly className = "HeedHardChannelAttention";
	readonly choice: HardChoice;
	readonly #reduction: Reduction;
	#score: Bottleneck | undefined;
	/** How many training calls have drawn so far; the next draw depends on it and on the seed. */
	drawStep = 0;

	constructor(args: HardChannelAttentionArgs = {}) {
		super(args, ["k", "estimator", "temperature", ...reductionNames]);
		this.choice = resolveChoice(this.where, args);
		this.#reduction = resolveReduction(this.where, args);
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		const { k } = this.choice;
		if (k > channels) {
			const message = `\`k\` is ${k}, and x has ${channels} channels; expected at most as many.`;
			throw new HeedError("OPTION", this.where, message);
		}
		const hidden = reducedChannels(channels, this.#reduction);
		this.#score = makeBottleneck(parts, { channels, hidden, useBias: true });
	}

	/**
	 * Draws channels, to be trained by REINFORCE outside of `fit`.
	 *
	 * @param x `[batch, height, width, channels]`. The layer must have been built, by `apply` or `build`.
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`, `VALUE`.
	 */
	choose(x: tf.Tensor4D, options: ChooseOptions): ChosenChannels {
		const where = `${this.where}.choose`;
		checkOptions(where, options, ["seed", "mask"]);
		const { seed, mask } = options;
		checkNumber(where, "seed", seed, { integer: true, min: 0 });
		return this.attendChecked([x], mask, true, (call): ChosenChannels => {
			const scores = this.#scores(call); // [B, C]
			const { weights, ...rest } = drawItems(scores, { k: this.choice.k, seed });
			return { output: scaleChannels(call.x, weights), weights, ...rest };
		});
	}

	protected weigh(call: ImageAttentionCall): tf.Tensor2D {
		const trainingSeed = call.training ? () => seedFor(this.seed, `draw/${this.drawStep++}`) : undefined;
		return chooseItems(this.where, this.#scores(call), this.choice, { trainingSeed });
	}

	#scores({ x, mask }: ImageAttentionCall): tf.Tensor2D {
		return this.made(this.#score)(averageOverPixels(x, mask));
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), ...this.choice, ...this.#reduction };
	}
}
tf.serialization.registerClass(HardChannelAttention);

/** Makes a {@link HardChannelAttention} layer. */
export function hardChannelAttention(args: HardChannelAttentionArgs = {}): HardChannelAttention {
	return new HardChannelAttention(args);
}
