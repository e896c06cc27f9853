import { additiveScore, checkFlag, checkNumber, HeedError, maskedSoftmax } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { project } from "../ops/project.ts";
import { MemoryAttention, type MemoryAttentionArgs, type MemoryAttentionCall } from "./memory-attention.ts";

/** Arguments of {@link additiveAttention}. */
export interface AdditiveAttentionArgs extends MemoryAttentionArgs {
	/**
	 * Project query and key into this many features before they meet, as Bahdanau does. Without it they meet as they are, as in
	 * Keras' `AdditiveAttention`, and must have the same features.
	 */
	readonly units?: number;
	/** Weigh the features of the tanh by a trained vector. Default true. */
	readonly useScale?: boolean;
}

/**
 * Additive attention, as a `tf.layers` layer:
 *
 *     score(i, j) = vᵀ tanh(W q_i + U k_j)          without `units`:  vᵀ tanh(q_i + k_j)
 *     weights = softmax(score);   output = weights · value
 *
 * Inputs and output: {@link MemoryAttention}. Weights: `query/kernel` W [queryFeatures, units], `key/kernel` U [keyFeatures,
 * units], `score/kernel` v [units]; without `units` only v.
 *
 * Bahdanau, Cho, Bengio 2014, "Neural Machine Translation by Jointly Learning to Align and Translate",
 * https://arxiv.org/abs/1409.0473
 *
 * When not to use it: for long sequences against themselves, since every pair of positions costs `units` tanh.
 *
 * @throws HeedError at construction, build or call.
 */
export class AdditiveAttention extends MemoryAttention {
	static readonly className = "HeedAdditiveAttention";
	protected readonly kind = "additiveAttention";
	private readonly units: number | undefined;
	private readonly useScale: boolean;
	private kernels: readonly [query: tf.Variable, key: tf.Variable] | undefined;
	private v: tf.Variable<tf.Rank.R1> | undefined;

	constructor(args: AdditiveAttentionArgs = {}) {
		super(args, ["units", "useScale"]);
		const { units, useScale = true } = args;
		if (units !== undefined) checkNumber(this.where, "units", units, { integer: true, min: 1 });
		checkFlag(this.where, "useScale", useScale);
		this.units = units;
		this.useScale = useScale;
	}

	override build(inputShape: Shape | Shape[]): void {
		const [query, key] = this.featureSizes(inputShape);
		const { units = query } = this;
		if (this.units === undefined && query !== key) {
			const message = `query has ${query} features and key ${key}; without \`units\` they are added and must be the same. Give \`units\`.`;
			throw new HeedError("SHAPE", this.where, message);
		}
		const scope = this.parameterScope();
		if (this.units !== undefined) {
			this.kernels = [scope.add("query/kernel", [query, units]), scope.add("key/kernel", [key, units])];
		}
		if (this.useScale) this.v = scope.add("score/kernel", [units]);
		super.build(inputShape);
	}

	protected override get builtFor(): readonly [query: number | null, key: number | null] {
		const [query = this.v, key = this.v] = this.kernels ?? [];
		return [query?.shape[0] ?? null, key?.shape[0] ?? null];
	}

	protected attend({ query, key, value, mask, dropout }: MemoryAttentionCall): {
		output: tf.Tensor3D;
		weights: tf.Tensor3D;
	} {
		const [q, k] =
			this.kernels === undefined
				? [query, key]
				: [project(query, this.kernels[0]), project(key, this.kernels[1])];
		const v = this.v ?? (tf.ones([q.shape[2]]) as tf.Tensor1D);
		const scores = additiveScore(q, k, { v }); // [B, Tq, Tk]
		const seen = mask === undefined ? undefined : (tf.squeeze(mask, [1]) as tf.Tensor3D);
		const weights = maskedSoftmax(scores, seen);
		const kept =
			dropout === undefined
				? weights
				: (tf.dropout(weights, dropout.rate, undefined, dropout.seed) as tf.Tensor3D);
		return { output: tf.matMul(kept, value), weights };
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { units, useScale } = this;
		return { ...super.getConfig(), useScale, ...(units !== undefined && { units }) };
	}
}
tf.serialization.registerClass(AdditiveAttention);

/**
 * Makes an {@link AdditiveAttention} layer, `weights = softmax(vᵀ tanh(W query + U key))`: `[x]`, `[query, memory]` or
 * `[query, key, value]`, and a mask, to `[batch, queryLength, valueFeatures]`.
 *
 * Bahdanau, Cho, Bengio 2014, "Neural Machine Translation by Jointly Learning to Align and Translate",
 * https://arxiv.org/abs/1409.0473
 *
 * When not to use it: for long sequences against themselves, see {@link MultiHeadAttention}.
 *
 * @throws HeedError `OPTION`.
 */
export function additiveAttention(args: AdditiveAttentionArgs = {}): AdditiveAttention {
	return new AdditiveAttention(args);
}
