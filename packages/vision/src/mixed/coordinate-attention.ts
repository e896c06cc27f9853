import { checkFlag, checkNumber } from "@heed/core";
import { type AttentionLayerArgs, type Dense, makeDense } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { type BatchNorm, makeBatchNorm } from "../ops/batch-norm.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { MixedAttention } from "./mixed-attention.ts";

/** Arguments of {@link coordinateAttention}. */
export interface CoordinateAttentionArgs extends AttentionLayerArgs {
	/** Features of the bottleneck per channel, rounded down. Default 1/32. */
	readonly rdRatio?: number | undefined;
	/** At least so many features. Default 8. */
	readonly minRd?: number | undefined;
	/** Give the three products biases. Default true. */
	readonly useBias?: boolean | undefined;
}

/**
 * Coordinate attention: every row and every column weighs its channels, so that a place is known by both.
 *
 *     u = [mean over columns of x, mean over rows of x]                  [B, H + W, C]
 *     f = hardSwish(batchNorm(u · W + b))                                hardSwish(v) = v · clip(v + 3, 0, 6) / 6
 *     r = sigmoid(f[rows] · R + b_r)   [B, H, C],   k = sigmoid(f[columns] · K + b_k)   [B, W, C]
 *     y[h, w] = r[h] · k[w] · x[h, w]
 *
 * Map: r · k; its parts are recorded as `rows` and `columns`. Means are over the pixels that count; the norm counts every row and
 * column. Inputs and masks: {@link MixedAttention}. Weights: `reduce/kernel` W [channels, hidden], `norm/gamma`, `norm/beta`,
 * `rows/kernel` R and `columns/kernel` K [hidden, channels], and `bias` of each.
 *
 * Hou, Zhou, Feng 2021, "Coordinate Attention for Efficient Mobile Network Design", https://arxiv.org/abs/2103.02907
 *
 * When not to use it: for shapes that lie across both axes: what is not a product of rows and columns cannot be chosen.
 *
 * @throws HeedError at construction, build or call.
 */
export class CoordinateAttention extends MixedAttention {
	static readonly className = "HeedCoordinateAttention";
	readonly rdRatio: number;
	readonly minRd: number;
	readonly useBias: boolean;
	#parts: { reduce: Dense; norm: BatchNorm; rows: Dense; columns: Dense } | undefined;

	constructor(args: CoordinateAttentionArgs = {}) {
		super(args, ["rdRatio", "minRd", "useBias"]);
		const { rdRatio = 1 / 32, minRd = 8, useBias = true } = args;
		checkNumber(this.where, "rdRatio", rdRatio, { above: 0 });
		checkNumber(this.where, "minRd", minRd, { integer: true, min: 1 });
		checkFlag(this.where, "useBias", useBias);
		this.rdRatio = rdRatio;
		this.minRd = minRd;
		this.useBias = useBias;
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		const { useBias } = this;
		const hidden = Math.max(this.minRd, Math.floor(channels * this.rdRatio));
		const expand = { inputSize: hidden, outputSize: channels, useBias };
		this.#parts = {
			reduce: makeDense(parts.scope("reduce"), { inputSize: channels, outputSize: hidden, useBias }),
			norm: makeBatchNorm(parts.scope("norm"), hidden),
			rows: makeDense(parts.scope("rows"), expand),
			columns: makeDense(parts.scope("columns"), expand),
		};
	}

	protected weigh({ x, mask, training }: ImageAttentionCall): tf.Tensor4D {
		const made = this.made(this.#parts);
		const [batch, height, width, channels] = x.shape;
		const strips = tf.concat([meanAlong(x, 2, mask), meanAlong(x, 1, mask)], 1); // [B, H + W, C]
		const scores = made.norm(made.reduce(strips), training);
		const swished = tf.mul(scores, tf.div(tf.clipByValue(tf.add(scores, 3), 0, 6), 6)) as tf.Tensor3D;
		const hidden = swished.shape[2];
		const rows = tf.sigmoid(made.rows(tf.slice(swished, [0, 0, 0], [batch, height, hidden])));
		const columns = tf.sigmoid(made.columns(tf.slice(swished, [0, height, 0], [batch, width, hidden])));
		this.recordPart("rows", rows);
		this.recordPart("columns", columns);
		const ofRows = tf.reshape(rows, [batch, height, 1, channels]);
		return tf.mul(ofRows, tf.reshape(columns, [batch, 1, width, channels]));
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { rdRatio, minRd, useBias } = this;
		return { ...super.getConfig(), rdRatio, minRd, useBias };
	}
}
tf.serialization.registerClass(CoordinateAttention);

/** Makes a {@link CoordinateAttention} layer. */
export function coordinateAttention(args: CoordinateAttentionArgs = {}): CoordinateAttention {
	return new CoordinateAttention(args);
}

/** The mean along one axis over the pixels that count; 0 where none does. */
function meanAlong(x: tf.Tensor4D, axis: 1 | 2, mask: tf.Tensor3D | undefined): tf.Tensor3D {
	const sum = tf.sum(x, axis); // [B, H or W, C]
	if (mask === undefined) return tf.div(sum, x.shape[axis]);
	const count = tf.sum(tf.cast(mask, "float32"), axis); // [B, H or W]
	return tf.div(sum, tf.expandDims(tf.maximum(count, 1), 2));
}
