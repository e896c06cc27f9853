import {
	categoricalSample,
	checkChoice,
	checkNumber,
	checkOptions,
	entropy,
	HeedError,
	maskedSoftmax,
	stopGradient,
	straightThrough,
	topKSoftmax,
} from "@heed/core";
import { type AttentionLayerArgs, seedFor } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { type Bottleneck, makeBottleneck } from "../ops/bottleneck.ts";
import { averageOverPixels } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import {
	type Reduction,
	type ReductionArgs,
	reducedChannels,
	reductionNames,
	resolveReduction,
} from "../ops/reduction.ts";
import { ChannelGate, scaleChannels } from "./channel-gate.ts";

/** How the choice of {@link HardChannelAttention} learns. */
export type ChannelEstimator = "straightThrough" | "gumbel" | "reinforce" | "topk";

/** Arguments of {@link hardChannelAttention}. */
export interface HardChannelAttentionArgs extends AttentionLayerArgs, ReductionArgs {
	/** How many channels stay. Default 1. */
	readonly k?: number | undefined;
	/** Default `straightThrough`. */
	readonly estimator?: ChannelEstimator | undefined;
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
	readonly k: number;
	readonly estimator: ChannelEstimator;
	readonly temperature: number;
	readonly #reduction: Reduction;
	#score: Bottleneck | undefined;
	/** How many training calls have drawn so far; the next draw depends on it and on the seed. */
	drawStep = 0;

	constructor(args: HardChannelAttentionArgs = {}) {
		super(args, ["k", "estimator", "temperature", ...reductionNames]);
		const { k = 1, estimator = "straightThrough", temperature = 1 } = args;
		checkNumber(this.where, "k", k, { integer: true, min: 1 });
		checkChoice(this.where, "estimator", estimator, ["straightThrough", "gumbel", "reinforce", "topk"]);
		checkNumber(this.where, "temperature", temperature, { above: 0 });
		if (estimator !== "gumbel" && temperature !== 1) {
			const message = `\`temperature\` is ${temperature} with \`estimator\` '${estimator}', which has none. Leave it out.`;
			throw new HeedError("OPTION", this.where, message);
		}
		this.k = k;
		this.estimator = estimator;
		this.temperature = temperature;
		this.#reduction = resolveReduction(this.where, args);
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		if (this.k > channels) {
			const message = `\`k\` is ${this.k}, and x has ${channels} channels; expected at most as many.`;
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
			let open: tf.Tensor = tf.ones(scores.shape, "bool");
			const draws = Array.from({ length: this.k }, (_, i) => {
				const drawn = categoricalSample(scores, { seed: seedFor(seed, `draw/${i}`), mask: open });
				open = tf.logicalAnd(open, tf.logicalNot(tf.cast(drawn.oneHot, "bool")));
				return drawn;
			});
			const weights = tf.addN(draws.map(({ oneHot }) => oneHot));
			const logProb = tf.addN(draws.map((draw) => draw.logProb));
			const undecided = entropy(maskedSoftmax(scores));
			return { output: scaleChannels(call.x, weights), weights, logProb, entropy: undecided };
		});
	}

	protected weigh(call: ImageAttentionCall): tf.Tensor2D {
		const { estimator, k, temperature } = this;
		const { training } = call;
		if (training && estimator === "reinforce") {
			const message =
				"`estimator` 'reinforce' needs the reward, which `fit` does not have. Train by `choose`.";
			throw new HeedError("UNSUPPORTED", this.where, message);
		}
		const scores = this.#scores(call);
		if (estimator === "topk") return tf.mul(topKSoftmax(scores, { k }), k);
		if (training && estimator === "gumbel") {
			const seed = seedFor(this.seed, `draw/${this.drawStep++}`);
			return relaxedChoice(scores, { k, temperature, seed });
		}
		const chosen = largestOf(scores, k);
		return estimator === "straightThrough" ? straightThrough(chosen, tf.softmax(scores)) : chosen;
	}

	#scores({ x, mask }: ImageAttentionCall): tf.Tensor2D {
		return this.made(this.#score)(averageOverPixels(x, mask));
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { k, estimator, temperature } = this;
		return { ...super.getConfig(), k, estimator, temperature, ...this.#reduction };
	}
}
tf.serialization.registerClass(HardChannelAttention);

/** Makes a {@link HardChannelAttention} layer. */
export function hardChannelAttention(args: HardChannelAttentionArgs = {}): HardChannelAttention {
	return new HardChannelAttention(args);
}

/** 1 at the k largest of each row, of equal ones the first; no gradient. */
function largestOf(scores: tf.Tensor2D, k: number): tf.Tensor2D {
	const rows = stopGradient(scores);
	const low = tf.min(rows, 1, true);
	const range = tf.sub(tf.max(rows, 1, true), low);
	// Between 0 and 50, where no exponential of the softmax falls to 0.
	const bounded = tf.div(tf.mul(tf.sub(rows, low), 50), tf.maximum(range, 50)) as tf.Tensor2D;
	return tf.cast(tf.greater(topKSoftmax(bounded, { k }), 0), "float32");
}

/** Soft weights that sum to k: what is taken in one round counts less in the next. */
function relaxedChoice(
	scores: tf.Tensor2D,
	options: { readonly k: number; readonly temperature: number; readonly seed: number },
): tf.Tensor2D {
	const { k, temperature, seed } = options;
	const uniform = tf.clipByValue(tf.randomUniform(scores.shape, 0, 1, "float32", seed), 1e-6, 1 - 1e-6);
	const noise = tf.neg(tf.log(tf.neg(tf.log(uniform))));
	let keys = tf.add(scores, noise) as tf.Tensor2D; // [B, C]
	const rounds: tf.Tensor2D[] = [];
	for (let round = 0; round < k; round++) {
		if (round > 0) keys = tf.add(keys, tf.log(tf.maximum(tf.sub(1, rounds.at(-1) as tf.Tensor2D), 1e-10)));
		rounds.push(tf.softmax(tf.div(keys, temperature)));
	}
	return tf.addN(rounds);
}
