import { checkChoice } from "@heed/core";
import { type AttentionLayerArgs, type Dense, makeDense } from "@heed/layers";
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
import { MixedAttention, ofChannels } from "./mixed-attention.ts";

/** Arguments of {@link scSE}. `rdRatio` is 1/2 by default. */
export interface ScSEArgs extends AttentionLayerArgs, ReductionArgs {
	/** Of the two weighed images take the larger one, element by element (default), or their sum. */
	readonly combine?: "max" | "add" | undefined;
}

/**
 * Concurrent spatial and channel squeeze-and-excitation.
 *
 *     c = sigmoid(relu(mean over pixels of x · W₁ + b₁) · W₂ + b₂)       [B, C]
 *     s[p] = sigmoid(x[p] · w + b)                                       [B, H, W]
 *     y = max(c · x, s · x)                                `add`:  y = (c + s) · x
 *
 * The halves are {@link SqueezeExcite} and {@link SpatialSqueezeExcite}. Map: the weight that won, or c + s. Inputs, masks and
 * records: {@link MixedAttention}. Weights: `channel/reduce/kernel` W₁ [channels, hidden], `channel/reduce/bias`,
 * `channel/expand/kernel` W₂ [hidden, channels], `channel/expand/bias`, `spatial/kernel` w [channels, 1], `spatial/bias`.
 *
 * Roy, Navab, Wachinger 2018, "Concurrent Spatial and Channel 'Squeeze & Excitation' in Fully Convolutional Networks",
 * https://arxiv.org/abs/1803.02579
 *
 * When not to use it: for many channels, where the wide bottleneck costs; that of {@link Cbam} is an eighth of it.
 *
 * @throws HeedError at construction, build or call.
 */
export class ScSE extends MixedAttention {
	static readonly className = "HeedScSE";
	readonly combine: "max" | "add";
	readonly #reduction: Reduction;
	#excite: Bottleneck | undefined;
	#score: Dense | undefined;

	constructor(args: ScSEArgs = {}) {
		super(args, ["combine", ...reductionNames]);
		const { combine = "max" } = args;
		checkChoice(this.where, "combine", combine, ["max", "add"]);
		this.combine = combine;
		this.#reduction = resolveReduction(this.where, args, { rdRatio: 1 / 2 });
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		const hidden = reducedChannels(channels, this.#reduction);
		this.#excite = makeBottleneck(parts.scope("channel"), { channels, hidden, useBias: true });
		this.#score = makeDense(parts.scope("spatial"), { inputSize: channels, outputSize: 1 });
	}

	protected weigh({ x, mask }: ImageAttentionCall): tf.Tensor4D {
		const channels = tf.sigmoid(this.made(this.#excite)(averageOverPixels(x, mask)));
		const pixels = tf.sigmoid(this.made(this.#score)(x)); // [B, H, W, 1]
		this.recordPart("channel", channels);
		this.recordPart("spatial", tf.squeeze(pixels, [3]));
		const spread = ofChannels(channels);
		if (this.combine === "add") return tf.add(spread, pixels);
		// 1 where the channel's wins, which is the smaller weight where x is negative
		const wins = tf.cast(tf.greaterEqual(tf.mul(x, spread), tf.mul(x, pixels)), "float32");
		return tf.add(pixels, tf.mul(wins, tf.sub(spread, pixels)));
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), combine: this.combine, ...this.#reduction };
	}
}
tf.serialization.registerClass(ScSE);

/** Makes a {@link ScSE} layer. */
export function scSE(args: ScSEArgs = {}): ScSE {
	return new ScSE(args);
}
