import { checkNumber, maskedSoftmax } from "@heed/core";
import { type AttentionLayerArgs, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { LayerVariable } from "@tensorflow/tfjs-layers";
import { contextOf } from "../attention/context-of.ts";
import { type Pooled, PoolingLayer } from "./pooling-layer.ts";

/** Arguments of {@link ContextPooling}. */
export interface ContextPoolingArgs extends AttentionLayerArgs {
	/** Size of the space in which positions meet the context vector. Default: the features of the input. */
	readonly units?: number | undefined;
}

/**
 * One vector of a sequence: a learned context vector, "what is informative here?", asks every position. The attention of the
 * Hierarchical Attention Network, over words and over sentences.
 *
 *     u_j = tanh(x_j W + b)
 *     α   = softmax_j(u_j · c)                 over the positions that count
 *     out = Σ_j α_j x_j
 *
 * Inputs: `[x]` or `[x, mask]`, x `[batch, length, features]`, mask bool `[batch, length]`, true = attend. Returns `[batch,
 * features]`, and with `returnAttention` the weights `[batch, length]` as well; zeros for a row in which nothing counts.
 *
 * Weights: `projection/kernel` W `[features, units]`, `projection/bias` b `[units]`, `context` c `[units]`.
 *
 * Yang et al. 2016, "Hierarchical Attention Networks for Document Classification", https://aclanthology.org/N16-1174
 *
 * When not to use it: where what matters depends on a question; that is {@link StaticAttention}. Where a sequence says several
 * things at once one vector may be too few: {@link StructuredSelfAttention}.
 */
export class ContextPooling extends PoolingLayer {
	static readonly className = "HeedContextPooling";
	readonly kind = "contextPooling";
	protected readonly axes: readonly string[] = ["batch", "key"];
	protected readonly inputNames: Readonly<Record<string, readonly string[]>> = {
		x: ["batch", "length", "features"],
	};
	readonly units: number | undefined;
	#kernel: LayerVariable | undefined;
	#bias: LayerVariable | undefined;
	#context: LayerVariable | undefined;

	/** @throws HeedError `OPTION`. */
	constructor(args: ContextPoolingArgs = {}) {
		super(args, ["units"]);
		const { units } = args;
		if (units !== undefined) checkNumber(this.where, "units", units, { integer: true, min: 1 });
		this.units = units;
	}

	/** Builds the weights outside of a `tf.layers` model. */
	buildFor(features: number): void {
		this.buildSizes(features);
	}

	/**
	 * Pools outside of a `tf.layers` model, once {@link buildFor} was called.
	 *
	 * @param x `[batch, length, features]`.
	 * @param mask Bool `[batch, length]`. Default: all positions count.
	 * @returns The vector `[batch, features]` and the weights `[batch, length]`.
	 * @throws HeedError `SHAPE`, `DTYPE`, `VALUE`.
	 */
	attend(x: tf.Tensor3D, mask?: tf.Tensor2D): Pooled<tf.Tensor2D> {
		return this.pool(`${this.where}.attend`, [x], mask) as Pooled<tf.Tensor2D>;
	}

	protected addWeights(features: number): void {
		const units = this.units ?? features;
		this.#kernel = this.addSeededWeight("projection/kernel", [features, units]);
		this.#bias = this.addSeededWeight("projection/bias", [units], "zeros");
		this.#context = this.addSeededWeight("context", [units]);
	}

	protected weigh(inputs: readonly tf.Tensor[], mask: tf.Tensor2D | undefined): Pooled<tf.Tensor2D> {
		const [x] = inputs as [tf.Tensor3D];
		const [batch, length, features] = x.shape;
		const u = tf.tanh(project(x, this.read(this.#kernel), this.read(this.#bias))); // [B, T, U]
		const context = tf.reshape(this.read<tf.Tensor1D>(this.#context), [-1, 1]); // [U, 1]
		const scores = tf.reshape(project(u, context), [batch, length]) as tf.Tensor2D;
		const weights = maskedSoftmax(scores, mask); // [B, T]
		const output = contextOf(tf.reshape(weights, [batch, 1, length]), x); // [B, 1, F]
		return { output: tf.reshape(output, [batch, features]), weights };
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { units } = this;
		return { ...super.getConfig(), ...(units !== undefined && { units }) };
	}
}
tf.serialization.registerClass(ContextPooling);
