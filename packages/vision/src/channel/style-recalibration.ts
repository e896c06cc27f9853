import { checkChoice } from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { type BatchNorm, makeBatchNorm } from "../ops/batch-norm.ts";
import { averageOverPixels, deviationOverPixels } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { ChannelGate } from "./channel-gate.ts";

/** Arguments of {@link styleRecalibration}. */
export interface StyleRecalibrationArgs extends AttentionLayerArgs {
	/** How the deviation counts: `official` (default) by n − 1 as the code does, `paper` by n. */
	readonly variant?: "official" | "paper" | undefined;
}

/**
 * Style-based recalibration: mean and deviation of a channel, its style, decide how much it counts, each channel for itself.
 *
 *     t = [mean, deviation] over the pixels of x                 [B, C, 2]
 *     a[c] = sigmoid(batchNorm(w[c, 0] · t[c, 0] + w[c, 1] · t[c, 1]));   y = a · x
 *
 * Inputs and masks: {@link ImageAttention}. Weights: `style/kernel` w [channels, 2], `norm/gamma`, `norm/beta`: 4C; statistics
 * `norm/movingMean`, `norm/movingVariance`. In training the norm needs more than one image in a batch: of one alone nothing is
 * left of its style.
 *
 * Lee, Kim, Nam 2019, "SRM: A Style-based Recalibration Module for Convolutional Neural Networks",
 * https://arxiv.org/abs/1903.10829
 *
 * When not to use it: with batches of one or two images in training.
 *
 * @throws HeedError at construction, build or call.
 */
export class StyleRecalibration extends ChannelGate {
	static readonly className = "HeedStyleRecalibration";
	readonly variant: "official" | "paper";
	#kernel: tf.Variable<tf.Rank.R2> | undefined;
	#norm: BatchNorm | undefined;

	constructor(args: StyleRecalibrationArgs = {}) {
		super(args, ["variant"]);
		const { variant = "official" } = args;
		checkChoice(this.where, "variant", variant, ["official", "paper"]);
		this.variant = variant;
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		this.#kernel = parts.add("style/kernel", [channels, 2], { deviation: 0.5 });
		this.#norm = makeBatchNorm(parts.scope("norm"), channels);
	}

	protected weigh({ x, mask, training }: ImageAttentionCall): tf.Tensor2D {
		const mean = averageOverPixels(x, mask); // [B, C]
		const deviation = deviationOverPixels(x, mean, mask, { unbiased: this.variant === "official" });
		const style = tf.stack([mean, deviation], 2); // [B, C, 2]
		const scores = tf.sum(tf.mul(style, this.made(this.#kernel)), 2) as tf.Tensor2D;
		return tf.sigmoid(this.made(this.#norm)(scores, training));
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), variant: this.variant };
	}
}
tf.serialization.registerClass(StyleRecalibration);

/** Makes a {@link StyleRecalibration} layer. */
export function styleRecalibration(args: StyleRecalibrationArgs = {}): StyleRecalibration {
	return new StyleRecalibration(args);
}
