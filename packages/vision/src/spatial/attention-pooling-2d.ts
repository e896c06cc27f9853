import { checkChoice, checkFlag, checkNumber, HeedError } from "@heed/core";
import { type AttentionLayerArgs, type Dense, makeDense } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttended, ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { meanOne, pixelSoftmax } from "../ops/pixel-softmax.ts";
import { SpatialGate, scalePixels } from "./spatial-gate.ts";

/** Arguments of {@link attentionPooling2d}. */
export interface AttentionPooling2dArgs extends AttentionLayerArgs {
	/** Size of the hidden layer. Default 64. */
	readonly units?: number | undefined;
	/** `softmax` (default): the weights of an image sum to 1. `sigmoid`: each pixel for itself. */
	readonly normalisation?: "softmax" | "sigmoid" | undefined;
	/** Sum the pixels up to one row of channels. Default true; false: weigh them and keep the image. */
	readonly reduce?: boolean | undefined;
	/** With a softmax and without `reduce`: multiply by the number of pixels, so that an even weighing changes nothing. Default false. */
	readonly rescale?: boolean | undefined;
}

/**
 * A network with one hidden layer scores every pixel by itself, and the image is pooled by these scores.
 *
 *     e[p] = w₂ · relu(x[p] · W₁ + b₁) + b₂                     over the pixels that count
 *     a = softmax_p(e) or sigmoid(e);   y = Σ_p a[p] · x[p]     without `reduce`:   y[p] = a[p] · x[p]
 *
 * Inputs and masks: {@link ImageAttention}. Weights: `hidden/kernel` W₁ [channels, units], `hidden/bias` b₁, `score/kernel` w₂ [units, 1],
 * `score/bias` b₂ [1]: (C + 2) · units + 1.
 *
 * Ilse, Tomczak, Welling 2018, "Attention-based Deep Multiple Instance Learning", https://arxiv.org/abs/1802.04712, with a tanh in
 * place of the relu.
 *
 * When not to use it: where what matters depends on a question, or on the neighbours of a pixel: {@link QuerySpatialAttention},
 * {@link CbamSpatialGate}.
 *
 * @throws HeedError at construction, build or call.
 */
export class AttentionPooling2d extends SpatialGate {
	static readonly className = "HeedAttentionPooling2d";
	override readonly reduce: boolean;
	readonly units: number;
	readonly normalisation: "softmax" | "sigmoid";
	readonly rescale: boolean;
	#hidden: Dense | undefined;
	#score: Dense | undefined;

	constructor(args: AttentionPooling2dArgs = {}) {
		super(args, ["units", "normalisation", "reduce", "rescale"]);
		const { units = 64, normalisation = "softmax", reduce = true, rescale = false } = args;
		checkNumber(this.where, "units", units, { integer: true, min: 1 });
		checkChoice(this.where, "normalisation", normalisation, ["softmax", "sigmoid"]);
		checkFlag(this.where, "reduce", reduce);
		checkFlag(this.where, "rescale", rescale);
		if (rescale && (reduce || normalisation === "sigmoid")) {
			const message =
				"`rescale` is for a softmax that keeps the image. Leave it out, or give `reduce` false and 'softmax'.";
			throw new HeedError("OPTION", this.where, message);
		}
		this.units = units;
		this.normalisation = normalisation;
		this.reduce = reduce;
		this.rescale = rescale;
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		this.#hidden = makeDense(parts.scope("hidden"), { inputSize: channels, outputSize: this.units });
		this.#score = makeDense(parts.scope("score"), { inputSize: this.units, outputSize: 1 });
	}

	protected weigh({ x, mask }: ImageAttentionCall): tf.Tensor3D {
		const [batch, height, width] = x.shape;
		const scored = this.made(this.#score)(tf.relu(this.made(this.#hidden)(x))); // [B, H, W, 1]
		const scores: tf.Tensor3D = tf.reshape(scored, [batch, height, width]);
		if (this.normalisation === "softmax") return pixelSoftmax(scores, mask);
		const gates = tf.sigmoid(scores);
		return mask === undefined ? gates : tf.mul(gates, tf.cast(mask, "float32"));
	}

	protected override attend(call: ImageAttentionCall): ImageAttended {
		if (!this.rescale) return super.attend(call);
		const weights = this.weigh(call);
		return { output: scalePixels(call.x, meanOne(weights, call.mask)), weights };
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { units, normalisation, reduce, rescale } = this;
		return { ...super.getConfig(), units, normalisation, reduce, rescale };
	}
}
tf.serialization.registerClass(AttentionPooling2d);

/** Makes an {@link AttentionPooling2d} layer. */
export function attentionPooling2d(args: AttentionPooling2dArgs = {}): AttentionPooling2d {
	return new AttentionPooling2d(args);
}
