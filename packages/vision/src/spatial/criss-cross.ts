import { checkNumber, maskedSoftmax } from "@heed/core";
import { type AttentionLayerArgs, type Dense, makeDense } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import type { ImageAttended, ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import {
	type Reduction,
	type ReductionArgs,
	reducedChannels,
	reductionNames,
	resolveReduction,
} from "../ops/reduction.ts";
import { whereCounted } from "../vision-attention.ts";
import { PairwiseAttention } from "./pairwise-attention.ts";

/** Arguments of {@link crissCross}. `rdRatio` is 1/8 by default. */
export interface CrissCrossArgs extends AttentionLayerArgs, ReductionArgs {
	/** How often in a row, with the same weights; after two every pixel has heard of every other. Default 2. */
	readonly passes?: number | undefined;
}

/**
 * Criss-cross attention: every pixel looks along its column and its row, twice.
 *
 *     Q, K = x · W + b, of C / 8 features;   V = x · W + b, of C
 *     a[i, j] = softmax over (column j without (i, j), then row i) of Q[i, j] · K            [B, H, W, H + W]
 *     x ← x + γ · Σ a V                                                                      `passes` times
 *
 * γ starts at 0, so that the layer starts as the identity. Inputs and masks: {@link PairwiseAttention}; the weights have the axes
 * `['batch', 'height', 'width', 'key']`, where the keys are the pixels of the column from above and then those of the row from the
 * left. Every pass makes a record; the second output is the last one's. Weights: `query/kernel`, `key/kernel` [channels, hidden],
 * `value/kernel` [channels, channels], with a `bias` beside each, `gamma` [1]; in all C² + C²/4 + 1.25C + 1.
 *
 * Huang et al. 2019, "CCNet: Criss-Cross Attention for Semantic Segmentation", https://arxiv.org/abs/1811.11721
 *
 * When not to use it: on maps so small that {@link NonLocal} costs no more: it lets every pixel see every other at once.
 *
 * @throws HeedError at construction, build or call.
 */
export class CrissCross extends PairwiseAttention {
	static readonly className = "HeedCrissCross";
	protected override readonly axes: readonly string[] = ["batch", "height", "width", "key"];
	readonly passes: number;
	readonly #reduction: Reduction;
	#made: { query: Dense; key: Dense; value: Dense; gamma: tf.Tensor } | undefined;

	constructor(args: CrissCrossArgs = {}) {
		super(args, ["passes", ...reductionNames]);
		const { passes = 2 } = args;
		checkNumber(this.where, "passes", passes, { integer: true, min: 1 });
		this.passes = passes;
		this.#reduction = resolveReduction(this.where, args, { rdRatio: 1 / 8 });
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		const hidden = reducedChannels(channels, this.#reduction);
		const dense = (path: string, outputSize: number): Dense =>
			makeDense(parts.scope(path), { inputSize: channels, outputSize });
		this.#made = {
			query: dense("query", hidden),
			key: dense("key", hidden),
			value: dense("value", channels),
			gamma: parts.add("gamma", [1], "zeros"),
		};
	}

	protected attend({ x, mask }: ImageAttentionCall): ImageAttended {
		const live = liveKeys(x, mask);
		let output = x;
		let weights: tf.Tensor4D | undefined;
		for (let pass = 0; pass < this.passes; pass++) {
			if (weights !== undefined) this.recordMap(weights);
			const found = this.#pass(output, live);
			weights = found.weights;
			const added = tf.mul(found.output, this.made(this.#made).gamma) as tf.Tensor4D;
			output = tf.add(output, whereCounted(added, mask));
		}
		return { output, weights: weights as tf.Tensor4D };
	}

	#pass(x: tf.Tensor4D, live: tf.Tensor): { output: tf.Tensor4D; weights: tf.Tensor4D } {
		const { query, key, value } = this.made(this.#made);
		const [, height, width] = x.shape;
		const [q, k, v] = [query(x), key(x), value(x)];
		const column = swapSides(rowProducts(swapSides(q), swapSides(k))); // [B, H, W, H]
		const scores: tf.Tensor4D = tf.concat([column, rowProducts(q, k)], 3); // [B, H, W, H + W]
		const weights = maskedSoftmax(scores, live);
		const ofColumn = tf.slice(weights, [0, 0, 0, 0], [-1, -1, -1, height]);
		const ofRow = tf.slice(weights, [0, 0, 0, height], [-1, -1, -1, width]);
		const above = swapSides(rowSums(swapSides(ofColumn), swapSides(v)));
		return { output: tf.add(above, rowSums(ofRow, v)), weights };
	}

	protected mapShape([batch = null, height = null, width = null]: Shape): Shape {
		return [batch, height, width, height === null || width === null ? null : height + width];
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), passes: this.passes, ...this.#reduction };
	}
}
tf.serialization.registerClass(CrissCross);

/** Rows as columns. */
function swapSides(x: tf.Tensor4D): tf.Tensor4D {
	return tf.transpose(x, [0, 2, 1, 3]);
}

/** Every row of a map on its own, `[batch · height, width, channels]`. */
function rowsOf(x: tf.Tensor4D): tf.Tensor3D {
	const [batch, height, width, channels] = x.shape;
	return tf.reshape(x, [batch * height, width, channels]);
}

/** The product of every pixel with those of its row, `[batch, height, width, width]`. */
function rowProducts(query: tf.Tensor4D, key: tf.Tensor4D): tf.Tensor4D {
	const [batch, height, width] = query.shape;
	const products = tf.matMul(rowsOf(query), rowsOf(key), false, true);
	return tf.reshape(products, [batch, height, width, width]);
}

/** The sum over the row of every pixel, by weights `[batch, height, width, width]`. */
function rowSums(weights: tf.Tensor4D, value: tf.Tensor4D): tf.Tensor4D {
	return tf.reshape(tf.matMul(rowsOf(weights), rowsOf(value)), value.shape);
}

/** Which keys a pixel may look at, `[batch or 1, height, width or 1, height + width]`: itself only once. */
function liveKeys(x: tf.Tensor4D, mask: tf.Tensor3D | undefined): tf.Tensor {
	const [, height, width] = x.shape;
	const all = height + width;
	const others = Uint8Array.from({ length: height * all }, (_, p) => Number(p % all !== Math.floor(p / all)));
	const open = tf.tensor4d(others, [1, height, 1, all], "bool");
	if (mask === undefined) return open;
	const counts = tf.cast(mask, "float32");
	const [batch] = mask.shape;
	const column = tf.tile(tf.expandDims(tf.transpose(counts, [0, 2, 1]), 1), [1, height, 1, 1]); // [B, H, W, H]
	const row = tf.tile(tf.reshape(counts, [batch, height, 1, width]), [1, 1, width, 1]); // [B, H, W, W]
	return tf.logicalAnd(tf.greater(tf.concat([column, row], 3), 0), open);
}

/** Makes a {@link CrissCross} layer. */
export function crissCross(args: CrissCrossArgs = {}): CrissCross {
	return new CrissCross(args);
}
