import { checkFlag, checkNumber, HeedError, maskedSoftmax } from "@heed/core";
import type { AttentionLayerArgs, ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { type AdditiveQuery, makeAdditiveQuery } from "./additive-query.ts";
import {
	FrameAttention,
	type FrameAttentionCall,
	type FrameSizes,
	type FramesAttended,
	videoAxes,
} from "./frame-attention.ts";
import { sumFrames } from "./query-temporal-attention.ts";

/** Arguments of {@link spatioTemporalAttention}. */
export interface SpatioTemporalAttentionArgs extends AttentionLayerArgs {
	/** Ask the pixels of every frame. Default true; false: take their mean. */
	readonly spatial?: boolean | undefined;
	/** Ask the frames. Default true; false: keep them apart. */
	readonly temporal?: boolean | undefined;
	/** Size of the space in which pixels or frames and query meet. Default 512. */
	readonly units?: number | undefined;
	/** Give the query a bias beside that of the items, as the released program does. Default true. */
	readonly queryBias?: boolean | undefined;
}

/**
 * A query asks the pixels of every frame and then the frames: the spatial, the temporal and the spatio-temporal attention of
 * TGIF-QA, on one video.
 *
 *     α[t] = softmax_p(w · tanh(x[t, p] W + b + q U + d) + c)          in every frame          [B, T, H, W]
 *     m[t] = Σ_p α[t, p] · x[t, p]                                     without `spatial`: the mean over p
 *     β = softmax_t(the same of m, with weights of its own)            over the frames that count   [B, T]
 *     y = Σ_t β[t] · m[t]                                              without `temporal`: m
 *
 * Inputs: `[x, query]` or `[x, query, mask]`, see {@link FrameAttention}, x `[batch, frames, height, width, channels]`. Output
 * `[batch, channels]`, or `[batch, frames, channels]` without `temporal`: in the paper an LSTM runs over these, and a
 * {@link QueryTemporalAttention} asks its states.
 *
 * The map is α[t, p] · β[t], `[batch, frames, height, width]`, or α alone, or β alone, `[batch, frames]`. Captures get records of
 * the kinds `spatial`, with the axes `['batch', 'frame', 'height', 'width']`, and `temporal`, `['batch', 'frame']`. Weights:
 * `spatial/…` and `temporal/…`, each as in {@link QueryTemporalAttention}.
 *
 * Jang, Song, Yu, Kim, Kim 2017, "TGIF-QA: Toward Spatio-Temporal Reasoning in Visual Question Answering",
 * https://arxiv.org/abs/1704.04497
 *
 * When not to use it: to relate frames to each other; see {@link TemporalSelfAttention}. In the paper's own results spatial
 * attention alone wins at counting, temporal alone elsewhere, and both together nowhere.
 *
 * @throws HeedError at construction, build or call.
 */
export class SpatioTemporalAttention extends FrameAttention {
	static readonly className = "HeedSpatioTemporalAttention";
	protected readonly inputAxes: readonly (readonly string[])[] = [videoAxes];
	override readonly takesQuery = true;
	protected readonly keepsFrames: boolean;
	readonly spatial: boolean;
	readonly temporal: boolean;
	readonly units: number;
	readonly queryBias: boolean;
	#pixels: AdditiveQuery | undefined;
	#frames: AdditiveQuery | undefined;

	constructor(args: SpatioTemporalAttentionArgs = {}) {
		super(args, ["spatial", "temporal", "units", "queryBias"]);
		const { spatial = true, temporal = true, units = 512, queryBias = true } = args;
		checkFlag(this.where, "spatial", spatial);
		checkFlag(this.where, "temporal", temporal);
		checkNumber(this.where, "units", units, { integer: true, min: 1 });
		checkFlag(this.where, "queryBias", queryBias);
		if (!spatial && !temporal) {
			const message = "`spatial` and `temporal` are false: nothing is left to attend to. Set one of them.";
			throw new HeedError("OPTION", this.where, message);
		}
		this.spatial = spatial;
		this.temporal = temporal;
		this.units = units;
		this.queryBias = queryBias;
		this.keepsFrames = !temporal;
	}

	protected addWeights(parts: ParameterScope, { features, querySize }: FrameSizes): void {
		const { spatial, temporal, units, queryBias } = this;
		const sizes = { features, querySize, units, queryBias };
		if (spatial) this.#pixels = makeAdditiveQuery(parts.scope("spatial"), sizes);
		if (temporal) this.#frames = makeAdditiveQuery(parts.scope("temporal"), sizes);
	}

	protected attend({ x, query, mask }: FrameAttentionCall): FramesAttended {
		const [batch, frames, height, width, channels] = x.shape as [number, number, number, number, number];
		const pixels: tf.Tensor3D = tf.reshape(x, [batch * frames, height * width, channels]);
		const inFrames =
			this.#pixels && this.#look(this.#pixels, pixels, query as tf.Tensor2D, [batch, frames, mask]);
		const pooled = inFrames === undefined ? (tf.mean(pixels, 1) as tf.Tensor2D) : sumFrames(pixels, inFrames);
		const vectors: tf.Tensor3D = tf.reshape(pooled, [batch, frames, channels]);
		const alpha = inFrames && (tf.reshape(inFrames, [batch, frames, height, width]) as tf.Tensor4D);
		if (alpha) this.recordMap("spatial", ["batch", "frame", "height", "width"], alpha);
		if (this.#frames === undefined) return { output: vectors, weights: alpha as tf.Tensor4D };
		const beta = maskedSoftmax(this.#frames(vectors, query), mask); // [B, T]
		this.recordMap("temporal", ["batch", "frame"], beta);
		const weights = alpha === undefined ? beta : tf.mul(alpha, tf.reshape(beta, [batch, frames, 1, 1]));
		return { output: sumFrames(vectors, beta), weights };
	}

	/** The weights of the pixels, `[batch · frames, pixels]`; 0 in frames that do not count. */
	#look(
		ask: AdditiveQuery,
		pixels: tf.Tensor3D,
		query: tf.Tensor2D,
		[batch, frames, mask]: readonly [number, number, tf.Tensor2D | undefined],
	): tf.Tensor2D {
		const size = query.shape[1];
		const copies = tf.tile(tf.reshape(query, [batch, 1, size]), [1, frames, 1]);
		const scores = ask(pixels, tf.reshape(copies, [batch * frames, size]) as tf.Tensor2D);
		const live = mask && tf.tile(tf.reshape(mask, [batch * frames, 1]), [1, pixels.shape[1]]);
		return maskedSoftmax(scores, live);
	}

	protected outputShapes([
		batch = null,
		frames = null,
		height = null,
		width = null,
		channels = null,
	]: Shape): [Shape, Shape] {
		const output = this.temporal ? [batch, channels] : [batch, frames, channels];
		return [output, this.spatial ? [batch, frames, height, width] : [batch, frames]];
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { spatial, temporal, units, queryBias } = this;
		return { ...super.getConfig(), spatial, temporal, units, queryBias };
	}
}
tf.serialization.registerClass(SpatioTemporalAttention);

/** Makes a {@link SpatioTemporalAttention} layer. */
export function spatioTemporalAttention(args: SpatioTemporalAttentionArgs = {}): SpatioTemporalAttention {
	return new SpatioTemporalAttention(args);
}
