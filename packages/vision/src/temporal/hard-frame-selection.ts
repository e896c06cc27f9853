import { checkFlag, checkNumber, checkOptions } from "@heed/core";
import { type AttentionLayerArgs, type ParameterScope, seedFor } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import {
	type ChoiceEstimator,
	choiceCount,
	chooseItems,
	drawItems,
	type HardChoice,
	resolveChoice,
} from "../ops/hard-choice.ts";
import { type AdditiveQuery, makeAdditiveQuery } from "./additive-query.ts";
import {
	FrameAttention,
	type FrameAttentionCall,
	type FrameSizes,
	type FramesAttended,
	vectorAxes,
} from "./frame-attention.ts";
import { sumFrames } from "./query-temporal-attention.ts";

/** Arguments of {@link hardFrameSelection}. */
export interface HardFrameSelectionArgs extends AttentionLayerArgs {
	/** How many frames stay. Default 1. */
	readonly k?: number | undefined;
	/** Default `straightThrough`. */
	readonly estimator?: ChoiceEstimator | undefined;
	/** Only `gumbel`: near 0 the weights are nearly 0 or 1 and the gradient is noisy. Default 1. */
	readonly temperature?: number | undefined;
	/** Units of the network that scores a frame. Default 128. */
	readonly units?: number | undefined;
	/** Take a query as a second input, which has a say in the scores. Default false. */
	readonly query?: boolean | undefined;
	/** Give the mean of the chosen frames. Default true; false: keep all frames, and 0 in place of the others. */
	readonly reduce?: boolean | undefined;
}

/** Options of {@link HardFrameSelection.choose}. */
export interface ChooseFramesOptions {
	/** Of the draw, a whole number from 0; another one for every step. */
	readonly seed: number;
	/** `[batch, querySize]`, for a layer with a query. */
	readonly query?: tf.Tensor2D | undefined;
	/** Bool `[batch, frames]`, true = this frame counts. */
	readonly mask?: tf.Tensor2D | undefined;
}

/** What {@link HardFrameSelection.choose} gives. Dispose all four. */
export type ChosenFrames = {
	/** `[batch, features]`, or `[batch, frames, features]` without `reduce`. */
	readonly output: tf.Tensor;
	/** 1 for a chosen frame, 0 for the others, `[batch, frames]`. */
	readonly weights: tf.Tensor;
	/** Logarithm of the probability of these draws in this order, `[batch]`; differentiable. */
	readonly logProb: tf.Tensor;
	/** How undecided the first draw was, in nats, `[batch]`; differentiable. */
	readonly entropy: tf.Tensor;
};

/**
 * Chooses `k` frames of each video and drops the others.
 *
 *     s[t] = w · tanh(x[t] W + b + q U) + c               over the frames that count
 *     a = 1 for the k largest s, 0 for the others         [B, T]
 *     y = Σ_t a[t] · x[t] / k             without `reduce`:   y[t] = a[t] · x[t]
 *
 * Choosing has no gradient; `estimator` says how it learns all the same, as in {@link HardChannelAttention}: `straightThrough`,
 * `gumbel`, `topk`, or `reinforce`, by {@link HardFrameSelection.choose}. Where fewer than k frames count, all of them stay.
 *
 * Inputs: `x`, or `[x, query]` with `query: true`, and a mask if wanted, see {@link FrameAttention}, x `[batch, frames, features]`.
 * Records have the kind `temporal` and the axes `['batch', 'frame']`. Weights: `item/kernel` W [features, units], `item/bias` b,
 * `query/kernel` U [querySize, units], `score/kernel` w [units], `score/bias` c [1].
 *
 * Xu et al. 2015, "Show, Attend and Tell: Neural Image Caption Generation with Visual Attention",
 * https://arxiv.org/abs/1502.03044, for the choice of one place; Jang, Gu, Poole 2016, https://arxiv.org/abs/1611.01144
 *
 * When not to use it: where all frames are at hand anyway; {@link QueryTemporalAttention} learns with less noise.
 *
 * @throws HeedError at construction, build or call.
 */
export class HardFrameSelection extends FrameAttention {
	static readonly className = "HeedHardFrameSelection";
	protected readonly inputAxes: readonly (readonly string[])[] = [vectorAxes];
	override readonly takesQuery: boolean;
	protected readonly keepsFrames: boolean;
	readonly choice: HardChoice;
	readonly units: number;
	readonly reduce: boolean;
	#score: AdditiveQuery | undefined;
	/** How many training calls have drawn so far; the next draw depends on it and on the seed. */
	drawStep = 0;

	constructor(args: HardFrameSelectionArgs = {}) {
		super(args, ["k", "estimator", "temperature", "units", "query", "reduce"]);
		const { units = 128, query = false, reduce = true } = args;
		this.choice = resolveChoice(this.where, args);
		checkNumber(this.where, "units", units, { integer: true, min: 1 });
		checkFlag(this.where, "query", query);
		checkFlag(this.where, "reduce", reduce);
		this.units = units;
		this.takesQuery = query;
		this.reduce = reduce;
		this.keepsFrames = !reduce;
	}

	protected addWeights(parts: ParameterScope, sizes: FrameSizes): void {
		this.#score = makeAdditiveQuery(parts, { ...sizes, units: this.units, queryBias: false });
	}

	/**
	 * Draws frames, to be trained by REINFORCE outside of `fit`: `logProb` and `entropy` go into `reinforceSurrogate` of
	 * @heed/core.
	 *
	 * @param x `[batch, frames, features]`. The layer must have been built, by `apply` or `build`.
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`, `VALUE`.
	 */
	choose(x: tf.Tensor3D, options: ChooseFramesOptions): ChosenFrames {
		const where = `${this.where}.choose`;
		checkOptions(where, options, ["seed", "query", "mask"]);
		const { seed, query, mask } = options;
		checkNumber(where, "seed", seed, { integer: true, min: 0 });
		const score = this.made(this.#score);
		const inputs = query === undefined ? [x] : [x, query];
		return this.attendChecked(inputs, mask, true, (call): ChosenFrames => {
			const scores = score(call.x as tf.Tensor3D, call.query);
			const { weights, ...rest } = drawItems(scores, { k: this.choice.k, seed, mask });
			return { ...this.#use(call, weights), ...rest };
		});
	}

	protected attend(call: FrameAttentionCall): FramesAttended {
		const { x, query, mask, training } = call;
		const scores = this.made(this.#score)(x as tf.Tensor3D, query); // [B, T]
		const trainingSeed = training ? () => seedFor(this.seed, `draw/${this.drawStep++}`) : undefined;
		return this.#use(call, chooseItems(this.where, scores, this.choice, { trainingSeed, mask }));
	}

	#use({ x, mask }: FrameAttentionCall, weights: tf.Tensor2D): FramesAttended {
		this.recordMap("temporal", ["batch", "frame"], weights);
		const frames = x as tf.Tensor3D;
		if (!this.reduce) return { output: tf.mul(frames, tf.expandDims(weights, 2)), weights };
		const k = Math.min(this.choice.k, frames.shape[1]);
		return { output: tf.div(sumFrames(frames, weights), tf.maximum(choiceCount(k, mask), 1)), weights };
	}

	protected outputShapes([batch = null, frames = null, features = null]: Shape): [Shape, Shape] {
		return [this.reduce ? [batch, features] : [batch, frames, features], [batch, frames]];
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { choice, units, takesQuery, reduce } = this;
		return { ...super.getConfig(), ...choice, units, query: takesQuery, reduce };
	}
}
tf.serialization.registerClass(HardFrameSelection);

/** Makes a {@link HardFrameSelection} layer. */
export function hardFrameSelection(args: HardFrameSelectionArgs = {}): HardFrameSelection {
	return new HardFrameSelection(args);
}
