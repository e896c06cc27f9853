import { checkChoice, checkFlag, checkNumber } from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { type AskChannels, makeChannelQuery } from "../channel/channel-query-attention.ts";
import type { ImageAttended, ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { pixelCount } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { makeSpatialQuery, type SpatialQuery } from "../spatial/query-spatial-attention.ts";
import { MixedAttention, ofChannels, ofPixels } from "./mixed-attention.ts";

/** Arguments of {@link scaCnnAttention}. */
export interface ScaCnnAttentionArgs extends AttentionLayerArgs {
	/** Channels first (`cs`, default), or pixels first (`sc`). */
	readonly order?: "cs" | "sc" | undefined;
	/** Size of the spaces in which channels and pixels meet the query. Default 512. */
	readonly units?: number | undefined;
	/** Weigh with a mean of 1, so that an even weighing changes nothing. Default true, as in the released code. */
	readonly rescale?: boolean | undefined;
}

/**
 * SCA-CNN: a query, such as the state of a decoder that writes a caption, asks the channels and then the pixels.
 *
 *     c = softmax over channels(w · tanh(mean over pixels of x ⊗ W + b + q · U))           [B, C]
 *     s = softmax over pixels(v · tanh(C · c · x · V + d + q · Z))                          [B, H, W]
 *     y = C · L · c · s · x                 L pixels; `sc`: s of x, c of L · s · x; without `rescale` no C, no L
 *
 * The halves are {@link ChannelQueryAttention} and {@link QuerySpatialAttention}. Map: c · s, which sums to 1, also with `rescale`.
 * Inputs: `[x, query]` or `[x, query, mask]`; masks and records: {@link MixedAttention}. Weights: those of the halves under
 * `channel/` and `spatial/`: units · (2 · querySize + C + 5) + 2.
 *
 * For several layers of a network apply one to each, from the lowest up, with the same query and for every word anew to the
 * untouched features.
 *
 * Chen et al. 2016, "SCA-CNN: Spatial and Channel-wise Attention in Convolutional Networks for Image Captioning",
 * https://arxiv.org/abs/1611.05594
 *
 * When not to use it: without a query; that is {@link Cbam}. With `rescale: false` the output is smaller by C · L.
 *
 * @throws HeedError at construction, build or call.
 */
export class ScaCnnAttention extends MixedAttention {
	static readonly className = "HeedScaCnnAttention";
	override readonly takesQuery = true;
	readonly order: "cs" | "sc";
	readonly units: number;
	readonly rescale: boolean;
	#askChannels: AskChannels | undefined;
	#askPixels: SpatialQuery | undefined;

	constructor(args: ScaCnnAttentionArgs = {}) {
		super(args, ["order", "units", "rescale"]);
		const { order = "cs", units = 512, rescale = true } = args;
		checkChoice(this.where, "order", order, ["cs", "sc"]);
		checkNumber(this.where, "units", units, { integer: true, min: 1 });
		checkFlag(this.where, "rescale", rescale);
		this.order = order;
		this.units = units;
		this.rescale = rescale;
	}

	protected addWeights(parts: LayerParts, { channels, querySize }: ImageSizes): void {
		const { units } = this;
		this.#askChannels = makeChannelQuery(parts.scope("channel"), { querySize, units });
		const options = { channels, querySize, units, activation: "tanh" } as const;
		this.#askPixels = makeSpatialQuery(parts.scope("spatial"), options);
	}

	protected weigh({ x, query, mask }: ImageAttentionCall): tf.Tensor4D {
		const askChannels = this.made(this.#askChannels);
		const { keysOf, askKeys } = this.made(this.#askPixels);
		const question = query as tf.Tensor2D;
		const weighChannels = (seen: tf.Tensor4D): tf.Tensor4D => {
			const weights = askChannels(seen, question, mask);
			this.recordPart("channel", weights);
			return ofChannels(weights);
		};
		const weighPixels = (seen: tf.Tensor4D): tf.Tensor4D => {
			const weights = askKeys(keysOf(seen), question, { x: seen, ...(mask && { mask }) });
			this.recordPart("spatial", weights);
			return ofPixels(weights);
		};
		if (this.order === "cs") {
			const channels = weighChannels(x);
			const share = this.rescale ? tf.mul(channels, x.shape[3]) : channels;
			return tf.mul(channels, weighPixels(tf.mul(x, share)));
		}
		const pixels = weighPixels(x);
		const share = this.rescale ? tf.mul(pixels, this.#pixelsOf(x, mask)) : pixels;
		return tf.mul(pixels, weighChannels(tf.mul(x, share)));
	}

	protected override attend(call: ImageAttentionCall): ImageAttended {
		const weights = this.weigh(call);
		const output = tf.mul(call.x, weights);
		if (!this.rescale) return { output, weights };
		const elements = tf.mul(this.#pixelsOf(call.x, call.mask), call.x.shape[3]);
		return { output: tf.mul(output, elements), weights };
	}

	/** How many pixels of each image count: one number, or `[batch, 1, 1, 1]`. */
	#pixelsOf(x: tf.Tensor4D, mask: tf.Tensor3D | undefined): tf.Tensor {
		const [batch, height, width] = x.shape;
		return mask === undefined ? tf.scalar(height * width) : tf.reshape(pixelCount(mask), [batch, 1, 1, 1]);
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { order, units, rescale } = this;
		return { ...super.getConfig(), order, units, rescale };
	}
}
tf.serialization.registerClass(ScaCnnAttention);

/** Makes a {@link ScaCnnAttention} layer. */
export function scaCnnAttention(args: ScaCnnAttentionArgs = {}): ScaCnnAttention {
	return new ScaCnnAttention(args);
}
