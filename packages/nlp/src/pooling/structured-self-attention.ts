import { checkNumber, checkRank, maskedSoftmax } from "@heed/core";
import { type AttentionLayerArgs, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { LayerVariable } from "@tensorflow/tfjs-layers";
import { type Pooled, PoolingLayer } from "./pooling-layer.ts";

/** Arguments of {@link StructuredSelfAttention}. */
export interface StructuredSelfAttentionArgs extends AttentionLayerArgs {
	/** Size of the hidden layer of the score, d_a in the paper. Default 350. */
	readonly units?: number | undefined;
	/** How many vectors to make of a sequence, r in the paper. Default 30. */
	readonly hops?: number | undefined;
}

/**
 * Several vectors of a sequence, each looking at it in its own way:
 *
 *     A = softmax(tanh(x W₁) W₂)ᵀ              over the positions that count, for every hop
 *     M = A x
 *     penalty = ‖A Aᵀ − I‖²_F                  keeps the hops from all looking at the same place
 *
 * Inputs: `[x]` or `[x, mask]`, x `[batch, length, features]`, for instance the outputs of an LSTM, mask bool `[batch,
 * length]`, true = attend. Returns M `[batch, hops, features]`, and with `returnAttention` A `[batch, hops, length]` as well;
 * zeros for a row in which nothing counts.
 *
 * The penalty belongs to the loss: compute it with {@link penalty} from the weights that {@link attend} or
 * `returnAttention` gives. In a `tf.layers` model make A an output and {@link structuredPenalty} its loss:
 * `model.compile({ loss: ["categoricalCrossentropy", (_, a) => tf.mean(structuredPenalty(a))] })`.
 *
 * Weights: `hidden/kernel` W₁ `[features, units]`, `hops/kernel` W₂ `[units, hops]`; no biases, as in the paper.
 *
 * Lin et al. 2017, "A Structured Self-attentive Sentence Embedding", https://arxiv.org/abs/1703.03130
 *
 * When not to use it: for short texts about one thing, where {@link ContextPooling} does with a fraction of the weights behind it.
 */
export class StructuredSelfAttention extends PoolingLayer {
	static readonly className = "HeedStructuredSelfAttention";
	readonly kind = "structuredSelfAttention";
	protected readonly axes: readonly string[] = ["batch", "hop", "key"];
	protected readonly inputNames: Readonly<Record<string, readonly string[]>> = {
		x: ["batch", "length", "features"],
	};
	readonly units: number;
	readonly hops: number;
	#hidden: LayerVariable | undefined;
	#hops: LayerVariable | undefined;

	/** @throws HeedError `OPTION`. */
	constructor(args: StructuredSelfAttentionArgs = {}) {
		super(args, ["units", "hops"]);
		const { units = 350, hops = 30 } = args;
		checkNumber(this.where, "units", units, { integer: true, min: 1 });
		checkNumber(this.where, "hops", hops, { integer: true, min: 1 });
		this.units = units;
		this.hops = hops;
	}

	/** Builds the weights outside of a `tf.layers` model. */
	buildFor(features: number): void {
		this.buildSizes(features);
	}

	/**
	 * Attends outside of a `tf.layers` model, once {@link buildFor} was called.
	 *
	 * @param x `[batch, length, features]`.
	 * @param mask Bool `[batch, length]`. Default: all positions count.
	 * @returns M `[batch, hops, features]` and A `[batch, hops, length]`.
	 * @throws HeedError `SHAPE`, `DTYPE`, `VALUE`.
	 */
	attend(x: tf.Tensor3D, mask?: tf.Tensor2D): Pooled<tf.Tensor3D> {
		return this.pool(`${this.where}.attend`, [x], mask) as Pooled<tf.Tensor3D>;
	}

	/** {@link structuredPenalty} of the weights of this layer: `[batch]`. */
	penalty(weights: tf.Tensor3D): tf.Tensor1D {
		return structuredPenalty(weights);
	}

	protected addWeights(features: number): void {
		this.#hidden = this.addSeededWeight("hidden/kernel", [features, this.units]);
		this.#hops = this.addSeededWeight("hops/kernel", [this.units, this.hops]);
	}

	protected weigh(inputs: readonly tf.Tensor[], mask: tf.Tensor2D | undefined): Pooled<tf.Tensor3D> {
		const [x] = inputs as [tf.Tensor3D];
		const [batch, length] = x.shape;
		const hidden = tf.tanh(project(x, this.read(this.#hidden))); // [B, T, U]
		const scores: tf.Tensor3D = tf.transpose(project(hidden, this.read(this.#hops)), [0, 2, 1]); // [B, R, T]
		const seen = mask && tf.reshape(mask, [batch, 1, length]);
		const weights = maskedSoftmax(scores, seen); // [B, R, T]
		return { output: tf.matMul(weights, x), weights };
	}

	protected override outputAxes(): number[] {
		return [this.hops];
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), units: this.units, hops: this.hops };
	}
}
tf.serialization.registerClass(StructuredSelfAttention);

/**
 * How much the hops of a structured self-attention look at the same places, per sample:
 *
 *     penalty = ‖A Aᵀ − I‖²_F
 *
 * 0 when every hop looks at one position of its own. A sample in which nothing counts has a penalty of `hops`, with zero
 * gradients: leave such samples out of a mean.
 *
 * Lin et al. 2017, "A Structured Self-attentive Sentence Embedding", https://arxiv.org/abs/1703.03130
 *
 * When not to use it: with one hop, which it only makes look at a single position; where hops may share one.
 *
 * @param weights A, `[batch, hops, length]`.
 * @returns `[batch]`.
 * @throws HeedError `SHAPE`.
 */
export function structuredPenalty(weights: tf.Tensor3D): tf.Tensor1D {
	checkRank("structuredPenalty", "weights", weights, ["batch", "hops", "length"]);
	return tf.tidy(() => {
		const [, hops] = weights.shape;
		// A Aᵀ by an explicit transpose: both operands come from the same tensor, each with its own gradient.
		const overlap = tf.matMul(weights, tf.transpose(weights, [0, 2, 1])); // [B, R, R]
		const difference = tf.sub(overlap, tf.reshape(tf.eye(hops), [1, hops, hops]));
		return tf.sum(tf.square(difference), [1, 2]) as tf.Tensor1D;
	});
}
