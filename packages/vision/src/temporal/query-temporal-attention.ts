import { checkFlag, checkNumber, HeedError, maskedSoftmax } from "@heed/core";
import { type AttentionLayerArgs, type Dense, makeDense, type ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { type AdditiveQuery, makeAdditiveQuery } from "./additive-query.ts";
import {
	FrameAttention,
	type FrameAttentionCall,
	type FrameSizes,
	type FramesAttended,
	vectorAxes,
} from "./frame-attention.ts";

/** Arguments of {@link queryTemporalAttention}. */
export interface QueryTemporalAttentionArgs extends AttentionLayerArgs {
	/** Size of the space in which frames and query meet. Default 512. */
	readonly units?: number | undefined;
	/** Sum the frames up to one vector. Default true; false: weigh them and keep them apart. */
	readonly reduce?: boolean | undefined;
	/** Make `tanh(y F + f) + query` of the sum y. Default false. */
	readonly fuse?: boolean | undefined;
	/** Give the query a bias beside that of the frames, as the released program does. Default true. */
	readonly queryBias?: boolean | undefined;
}

/**
 * A query asks every frame: the temporal attention of TGIF-QA, where the frames are the states of an LSTM over a video.
 *
 *     e[t] = w · tanh(x[t] W + b + q U + d) + c                 over the frames that count
 *     a = softmax_t(e)                                          [B, T]
 *     y = Σ_t a[t] · x[t]                 without `reduce`:     y[t] = a[t] · x[t]
 *     with `fuse`                                               tanh(y F + f) + q
 *
 * Inputs: `[x, query]` or `[x, query, mask]`, see {@link FrameAttention}, x `[batch, frames, features]`. Weights: `item/kernel` W
 * [features, units], `item/bias` b, `query/kernel` U [querySize, units], `query/bias` d, `score/kernel` w [units], `score/bias` c
 * [1], which changes nothing; `fuse/kernel` F [features, querySize], `fuse/bias` f. Records have the kind `temporal` and the axes
 * `['batch', 'frame']`.
 *
 * Jang, Song, Yu, Kim, Kim 2017, "TGIF-QA: Toward Spatio-Temporal Reasoning in Visual Question Answering",
 * https://arxiv.org/abs/1704.04497; its program has no mask, and asks the cell state of the question, not the hidden one.
 *
 * When not to use it: without a query; that is {@link TemporalSelfAttention} or a mean.
 *
 * @throws HeedError at construction, build or call.
 */
export class QueryTemporalAttention extends FrameAttention {
	static readonly className = "HeedQueryTemporalAttention";
	protected readonly inputAxes: readonly (readonly string[])[] = [vectorAxes];
	override readonly takesQuery = true;
	protected readonly keepsFrames: boolean;
	readonly units: number;
	readonly reduce: boolean;
	readonly fuse: boolean;
	readonly queryBias: boolean;
	#ask: AdditiveQuery | undefined;
	#fuse: Dense | undefined;
	#outputSize = 0;

	constructor(args: QueryTemporalAttentionArgs = {}) {
		super(args, ["units", "reduce", "fuse", "queryBias"]);
		const { units = 512, reduce = true, fuse = false, queryBias = true } = args;
		checkNumber(this.where, "units", units, { integer: true, min: 1 });
		checkFlag(this.where, "reduce", reduce);
		checkFlag(this.where, "fuse", fuse);
		checkFlag(this.where, "queryBias", queryBias);
		if (fuse && !reduce) {
			const message = "`fuse` is for the sum of the frames, and `reduce` is false. Leave one of them out.";
			throw new HeedError("OPTION", this.where, message);
		}
		this.units = units;
		this.reduce = reduce;
		this.fuse = fuse;
		this.queryBias = queryBias;
		this.keepsFrames = !reduce;
	}

	protected addWeights(parts: ParameterScope, { features, querySize }: FrameSizes): void {
		const { units, queryBias, fuse } = this;
		this.#ask = makeAdditiveQuery(parts, { features, querySize, units, queryBias });
		this.#outputSize = fuse ? querySize : features;
		if (fuse) this.#fuse = makeDense(parts.scope("fuse"), { inputSize: features, outputSize: querySize });
	}

	protected attend({ x, query, mask }: FrameAttentionCall): FramesAttended {
		const frames = x as tf.Tensor3D;
		const weights = maskedSoftmax(this.made(this.#ask)(frames, query), mask); // [B, T]
		this.recordMap("temporal", ["batch", "frame"], weights);
		if (!this.reduce) return { output: tf.mul(frames, tf.expandDims(weights, 2)), weights };
		const sum = sumFrames(frames, weights); // [B, C]
		if (this.#fuse === undefined) return { output: sum, weights };
		const fused = tf.add(tf.tanh(this.#fuse(sum)), query as tf.Tensor2D);
		if (mask === undefined) return { output: fused, weights };
		return { output: tf.where(tf.any(mask, 1, true), fused, tf.zerosLike(fused)), weights };
	}

	protected outputShapes([batch = null, frames = null, features = null]: Shape): [Shape, Shape] {
		const size = this.fuse ? this.#outputSize : features;
		return [this.reduce ? [batch, size] : [batch, frames, features], [batch, frames]];
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { units, reduce, fuse, queryBias } = this;
		return { ...super.getConfig(), units, reduce, fuse, queryBias };
	}
}
tf.serialization.registerClass(QueryTemporalAttention);

/** Makes a {@link QueryTemporalAttention} layer. */
export function queryTemporalAttention(args: QueryTemporalAttentionArgs = {}): QueryTemporalAttention {
	return new QueryTemporalAttention(args);
}

/** The sum of the frames times their weights, `[batch, features]`. */
export function sumFrames(frames: tf.Tensor3D, weights: tf.Tensor2D): tf.Tensor2D {
	const [batch, count, features] = frames.shape;
	const row: tf.Tensor3D = tf.reshape(weights, [batch, 1, count]);
	return tf.reshape(tf.matMul(row, frames), [batch, features]);
}
