import { additiveScore, checkNumber, maskedSoftmax } from "@heed/core";
import { type AttentionLayerArgs, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { LayerVariable } from "@tensorflow/tfjs-layers";
import { contextOf } from "../attention/context-of.ts";
import { type Pooled, PoolingLayer } from "./pooling-layer.ts";

/** Arguments of {@link StaticAttention}. */
export interface StaticAttentionArgs extends AttentionLayerArgs {
	/** Size of the space in which the query meets the positions. */
	readonly units: number;
}

/**
 * One vector of a sequence, by a question that is asked once: the whole query is one vector, and what it finds is used for
 * everything that follows. The attention of the Attentive Reader.
 *
 *     m_j = tanh(y_j W + q U)
 *     s   = softmax_j(m_j · w)                 over the positions that count
 *     r   = Σ_j s_j y_j
 *
 * Inputs: `[x, query]` or `[x, query, mask]`, x = y `[batch, length, features]`, query = q `[batch, querySize]`, mask bool
 * `[batch, length]`, true = attend. Returns r `[batch, features]`, and with `returnAttention` the weights `[batch, length]` as
 * well; zeros for a row in which nothing counts. The reader goes on with `tanh(W_r r + W_q q)`, which is a `dense` layer
 * over both.
 *
 * Weights: `memory/kernel` W `[features, units]`, `query/kernel` U `[querySize, units]`, `score/kernel` w `[units]`.
 *
 * Hermann et al. 2015, "Teaching Machines to Read and Comprehend", https://arxiv.org/abs/1506.03340
 *
 * When not to use it: where every output token has a question of its own; that is {@link BahdanauAttention}, the same score
 * asked again at every step.
 */
export class StaticAttention extends PoolingLayer {
	static readonly className = "HeedStaticAttention";
	readonly kind = "staticAttention";
	protected readonly axes: readonly string[] = ["batch", "key"];
	protected readonly inputNames: Readonly<Record<string, readonly string[]>> = {
		x: ["batch", "length", "features"],
		query: ["batch", "querySize"],
	};
	readonly units: number;
	#memory: LayerVariable | undefined;
	#query: LayerVariable | undefined;
	#score: LayerVariable | undefined;

	/** @throws HeedError `OPTION`. */
	constructor(args: StaticAttentionArgs) {
		super(args, ["units"]);
		checkNumber(this.where, "units", args.units, { integer: true, min: 1 });
		this.units = args.units;
	}

	/** Builds the weights outside of a `tf.layers` model. */
	buildFor(features: number, querySize: number): void {
		this.buildSizes(features, querySize);
	}

	/**
	 * Asks outside of a `tf.layers` model, once {@link buildFor} was called.
	 *
	 * @param x `[batch, length, features]`.
	 * @param query `[batch, querySize]`.
	 * @param mask Bool `[batch, length]`. Default: all positions count.
	 * @returns The answer `[batch, features]` and the weights `[batch, length]`.
	 * @throws HeedError `SHAPE`, `DTYPE`, `VALUE`.
	 */
	attend(x: tf.Tensor3D, query: tf.Tensor2D, mask?: tf.Tensor2D): Pooled<tf.Tensor2D> {
		return this.pool(`${this.where}.attend`, [x, query], mask) as Pooled<tf.Tensor2D>;
	}

	protected addWeights(features: number, querySize: number): void {
		const { units } = this;
		this.#memory = this.addSeededWeight("memory/kernel", [features, units]);
		this.#query = this.addSeededWeight("query/kernel", [querySize, units]);
		this.#score = this.addSeededWeight("score/kernel", [units]);
	}

	protected weigh(inputs: readonly tf.Tensor[], mask: tf.Tensor2D | undefined): Pooled<tf.Tensor2D> {
		const [x, query] = inputs as [tf.Tensor3D, tf.Tensor2D];
		const [batch, length, features] = x.shape;
		const keys = project(x, this.read(this.#memory)); // [B, T, U]
		const asked = project(query, this.read(this.#query)); // [B, U]
		const question: tf.Tensor3D = tf.reshape(asked, [batch, 1, this.units]);
		const scores = additiveScore(question, keys, { v: this.read(this.#score) }); // [B, 1, T]
		const weights = maskedSoftmax(tf.reshape(scores, [batch, length]), mask); // [B, T]
		const output = contextOf(tf.reshape(weights, [batch, 1, length]), x); // [B, 1, F]
		return { output: tf.reshape(output, [batch, features]), weights: weights as tf.Tensor2D };
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), units: this.units };
	}
}
tf.serialization.registerClass(StaticAttention);
