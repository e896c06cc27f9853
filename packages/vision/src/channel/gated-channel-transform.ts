import { checkNumber } from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { flattenPixels } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { ChannelGate } from "./channel-gate.ts";

/** Arguments of {@link gatedChannelTransform}. */
export interface GatedChannelTransformArgs extends AttentionLayerArgs {
	/** Keeps roots and divisions finite. Default 1e-5. */
	readonly epsilon?: number | undefined;
}

/**
 * The gated channel transformation: channels compete or help each other by their energy, with three weights each.
 *
 *     s[c] = α[c] · √(Σ over pixels of x² + ε)                       [B, C]
 *     n = s / √(mean over channels of s² + ε)
 *     a = 1 + tanh(γ · n + β);   y = a · x
 *
 * It starts as the identity: α is 1, γ and β are 0. Inputs and masks: {@link ImageAttention}. Weights: `alpha`, `gamma`, `beta`
 * [channels], 3C in all. Not the Gaussian context transformer, which has the same initials and no weights.
 *
 * Yang et al. 2019, "Gated Channel Transformation for Visual Recognition", https://arxiv.org/abs/1909.11519
 *
 * When not to use it: where one channel should see what a few others say; here it sees only their sum.
 *
 * @throws HeedError at construction, build or call.
 */
export class GatedChannelTransform extends ChannelGate {
	static readonly className = "HeedGatedChannelTransform";
	readonly epsilon: number;
	#alpha: tf.Variable<tf.Rank.R1> | undefined;
	#gamma: tf.Variable<tf.Rank.R1> | undefined;
	#beta: tf.Variable<tf.Rank.R1> | undefined;

	constructor(args: GatedChannelTransformArgs = {}) {
		super(args, ["epsilon"]);
		const { epsilon = 1e-5 } = args;
		checkNumber(this.where, "epsilon", epsilon, { above: 0 });
		this.epsilon = epsilon;
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		this.#alpha = parts.add("alpha", [channels], "ones");
		this.#gamma = parts.add("gamma", [channels], "zeros");
		this.#beta = parts.add("beta", [channels], "zeros");
	}

	protected weigh({ x }: ImageAttentionCall): tf.Tensor2D {
		const energy = tf.sqrt(tf.add(tf.sum(tf.square(flattenPixels(x)), 1), this.epsilon)); // [B, C]
		const s = tf.mul(energy, this.made(this.#alpha));
		const size = tf.sqrt(tf.add(tf.mean(tf.square(s), 1, true), this.epsilon)); // [B, 1]
		const scores = tf.add(tf.mul(tf.div(s, size), this.made(this.#gamma)), this.made(this.#beta));
		return tf.add(tf.tanh(scores), 1);
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), epsilon: this.epsilon };
	}
}
tf.serialization.registerClass(GatedChannelTransform);

/** Makes a {@link GatedChannelTransform} layer. */
export function gatedChannelTransform(args: GatedChannelTransformArgs = {}): GatedChannelTransform {
	return new GatedChannelTransform(args);
}
