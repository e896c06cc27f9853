import { checkNumber, gaussianWindow } from "@heed/core";
import { type AttentionLayerArgs, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { AttentionState } from "./decoder-attention.ts";
import { type Aligned, SteppedAttention } from "./stepped-attention.ts";

/** Arguments of {@link GaussianWindowAttention}. */
export interface GaussianWindowAttentionArgs extends AttentionLayerArgs {
	/** K, how many Gaussians make the window. Default 10, as in the paper. */
	readonly components?: number | undefined;
}

/**
 * Graves' window, attention by location alone: the decoder says how far to move on and how wide to look, and never sees
 * what stands there.
 *
 *     (â, b̂, κ̂) = W q + c
 *     a = exp â,   b = exp b̂,   κ_t = κ_{t−1} + exp κ̂         κ_0 = 0; it only moves forward
 *     α_j = Σ_k a_k · exp(−b_k (κ_k − j)²)                      j = 1 … S; 0 past the length
 *     context = Σ_j α_j m_j
 *
 * The weights are **not** normalised: a row may sum to any number from 0 up, and nothing is left once κ has run past the end.
 * In a decoder the query is the **previous** state. Weights: `window/kernel` W [querySize, 3 · components], its columns in the
 * order â, b̂, κ̂, and `window/bias` c [3 · components]. A state carries `center` κ [batch, components].
 *
 * Everything is an exponential: train with clipped gradients.
 *
 * When not to use it: where the content decides, as in translation; where source and target do not go in the same order.
 *
 * Graves 2013, "Generating Sequences With Recurrent Neural Networks", section 5.1, https://arxiv.org/abs/1308.0850
 */
export class GaussianWindowAttention extends SteppedAttention {
	static readonly className = "HeedGaussianWindowAttention";
	readonly kind = "gaussianWindowAttention";
	readonly components: number;
	#window: { readonly kernel: tf.Variable; readonly bias: tf.Variable } | undefined;

	/** @throws HeedError `OPTION`. */
	constructor(args: GaussianWindowAttentionArgs = {}) {
		super(args, ["components"]);
		const { components = 10 } = args;
		checkNumber(this.where, "components", components, { integer: true, min: 1 });
		this.components = components;
	}

	protected addWeights(querySize: number): void {
		const parameters = this.parameterScope();
		this.#window = {
			kernel: parameters.add("window/kernel", [querySize, 3 * this.components]),
			bias: parameters.add("window/bias", [3 * this.components], "zeros"),
		};
	}

	protected override first({ shape: [batch] }: tf.Tensor3D): Record<string, tf.Tensor> {
		return { center: tf.zeros([batch, this.components]) };
	}

	protected align(query: tf.Tensor2D, state: AttentionState, mask: tf.Tensor2D): Aligned {
		const { components } = this;
		const { kernel, bias } = this.made(this.#window);
		const [batch, keyLength] = mask.shape;
		const given = tf.exp(project(query, kernel, bias)); // [B, 3K]
		const part = (index: number): tf.Tensor2D =>
			tf.slice(given, [0, index * components], [batch, components]);
		const perQuery = (x: tf.Tensor2D): tf.Tensor3D => tf.reshape(x, [batch, 1, components]);
		const center = tf.add<tf.Tensor2D>(state.center as tf.Tensor2D, part(2)); // [B, K]
		const weights = gaussianWindow(perQuery(center), {
			amplitude: perQuery(part(0)),
			precision: perQuery(part(1)),
			keyLength,
			firstPosition: 1,
		}); // [B, 1, S]
		const live = tf.cast(mask, "float32");
		return {
			alignment: tf.mul(tf.reshape(weights, [batch, keyLength]), live) as tf.Tensor2D,
			next: { center },
		};
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), components: this.components };
	}
}

tf.serialization.registerClass(GaussianWindowAttention);
