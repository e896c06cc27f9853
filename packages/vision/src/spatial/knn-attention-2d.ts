import { checkNumber, type Normalizer, topKSoftmax } from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import type { ImageAttended, ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { checkOdd } from "../ops/check-odd.ts";
import { flattenPixels } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { PairwiseAttention, pixelsOf } from "./pairwise-attention.ts";
import {
	makePixelHeads,
	type PixelHeads,
	type PixelHeadsArgs,
	type ResolvedPixelHeads,
	resolvePixelHeads,
} from "./pixel-heads.ts";

/** Arguments of {@link knnAttention2d}. */
export interface KnnAttention2dArgs extends AttentionLayerArgs, PixelHeadsArgs {
	/** How many pixels each pixel looks at. Default 100; where there are fewer, all of them. */
	readonly k?: number | undefined;
	/** Look for them in a square of so many pixels a side around the pixel, an odd number. Default: in the whole image. */
	readonly window?: number | undefined;
}

/**
 * Every pixel looks at the k pixels that are most similar to it.
 *
 *     S = Q Kᵀ / √keyDim over the pixels that count, in the window;   Q, K, V = x · W + b, cut into heads
 *     A = softmax over the k largest of each row of S, 0 elsewhere                         [B, heads, L, L]
 *     y = concat over heads of A V, times Wₒ, plus bₒ
 *
 * Exactly k are kept where scores are equal, the first ones. With k = L it is dense attention, with k = 1 each pixel copies another.
 * Inputs, masks and records: {@link PairwiseAttention}. There is no way around: add x yourself. Weights: `query/kernel`,
 * `key/kernel`, `value/kernel` [channels, heads · keyDim], `attention_output/kernel`, with a `bias` beside each: 4C² + 4C.
 *
 * Wang et al. 2021, "KVT: k-NN Attention for Boosting Vision Transformers", https://arxiv.org/abs/2106.00515
 *
 * When not to use it: to save time or memory. All L² scores are computed, in a window too; {@link WindowAttention} computes fewer.
 *
 * @throws HeedError at construction, build or call.
 */
export class KnnAttention2d extends PairwiseAttention {
	static readonly className = "HeedKnnAttention2d";
	readonly k: number;
	readonly window: number | undefined;
	readonly #heads: ResolvedPixelHeads;
	#attend: PixelHeads | undefined;

	constructor(args: KnnAttention2dArgs = {}) {
		super(args, ["numHeads", "keyDim", "k", "window"]);
		const { k = 100, window } = args;
		checkNumber(this.where, "k", k, { integer: true, min: 1 });
		if (window !== undefined) checkOdd(this.where, "window", window);
		this.#heads = resolvePixelHeads(this.where, args);
		this.k = k;
		this.window = window;
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		this.#attend = makePixelHeads(this.where, parts, channels, this.#heads);
	}

	protected attend({ x, mask }: ImageAttentionCall): ImageAttended {
		const [batch, height, width] = x.shape;
		const { k, window } = this;
		const live = mask === undefined ? undefined : tf.reshape(mask, [batch, 1, 1, height * width]);
		const near = window === undefined ? undefined : neighbours(height, width, window);
		const seen = live !== undefined && near !== undefined ? tf.logicalAnd(live, near) : (live ?? near);
		const normalizer: Normalizer = (scores, options) => topKSoftmax(scores, { k, ...options });
		const attended = this.made(this.#attend)(flattenPixels(x), { mask: seen, normalizer });
		const output: tf.Tensor4D = tf.reshape(attended.output, x.shape);
		return {
			output,
			weights: attended.weights,
		};
	}

	protected mapShape(x: Shape): Shape {
		return [x[0] ?? null, this.#heads.numHeads, pixelsOf(x), pixelsOf(x)];
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { k, window } = this;
		return { ...super.getConfig(), k, ...(window !== undefined && { window }), ...this.#heads };
	}
}
tf.serialization.registerClass(KnnAttention2d);

/** Which pixels are in the square around which, `[1, 1, pixels, pixels]`. */
function neighbours(height: number, width: number, window: number): tf.Tensor4D {
	/** Which of so many places along one side are near which. */
	const near = (size: number, shape: [number, number, number, number]): tf.Tensor4D => {
		const isNear = (i: number): number => Number(2 * Math.abs(Math.floor(i / size) - (i % size)) < window);
		return tf.tensor4d(
			Uint8Array.from({ length: size * size }, (_, i) => isNear(i)),
			shape,
			"bool",
		);
	};
	const rows = near(height, [height, 1, height, 1]);
	const both = tf.logicalAnd(rows, near(width, [1, width, 1, width])); // [H, W, H, W]
	return tf.reshape(both, [1, 1, height * width, height * width]);
}

/** Makes a {@link KnnAttention2d} layer. */
export function knnAttention2d(args: KnnAttention2dArgs = {}): KnnAttention2d {
	return new KnnAttention2d(args);
}
