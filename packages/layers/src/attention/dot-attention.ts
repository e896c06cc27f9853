import { checkChoice, checkFlag, HeedError, scaledDotProductAttention } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { MemoryAttention, type MemoryAttentionArgs, type MemoryAttentionCall } from "./memory-attention.ts";

/** Arguments of {@link dotAttention}. */
export interface DotAttentionArgs extends MemoryAttentionArgs {
	/**
	 * Factor on the scores: `root` 1 / √features (default), `none` 1 as in Luong's paper and Keras, or `trainable`, one number
	 * that starts at 1 (Keras' `use_scale`).
	 */
	readonly scale?: "root" | "none" | "trainable";
	/** Let query i attend to keys up to i only. Default false. */
	readonly causal?: boolean;
	/** How scores become weights. Default `softmax`. */
	readonly normalizer?: "softmax" | "sparsemax" | "entmax15" | "sigmoid";
}

/**
 * Dot-product attention without projections, as a `tf.layers` layer (Keras' `Attention`):
 *
 *     weights = softmax(scale · query keyᵀ);   output = weights · value
 *
 * Inputs and output: {@link MemoryAttention}; query and key have the same features. Weight, with `scale: 'trainable'`:
 * `scale` [].
 *
 * Luong, Pham, Manning 2015, "Effective Approaches to Attention-based Neural Machine Translation",
 * https://arxiv.org/abs/1508.04025
 *
 * When not to use it: where query and key come from different spaces; `multiHeadAttention` projects them into one.
 *
 * @throws HeedError at construction, build or call.
 */
export class DotAttention extends MemoryAttention {
	static readonly className = "HeedDotAttention";
	protected readonly kind = "dotAttention";
	private readonly scale: "root" | "none" | "trainable";
	private readonly causal: boolean;
	private readonly normalizer: NonNullable<DotAttentionArgs["normalizer"]>;
	private factor: tf.Variable<tf.Rank.R0> | undefined;

	constructor(args: DotAttentionArgs = {}) {
		super(args, ["scale", "causal", "normalizer"]);
		const { scale = "root", causal = false, normalizer = "softmax" } = args;
		checkChoice(this.where, "scale", scale, ["root", "none", "trainable"]);
		checkFlag(this.where, "causal", causal);
		checkChoice(this.where, "normalizer", normalizer, ["softmax", "sparsemax", "entmax15", "sigmoid"]);
		this.scale = scale;
		this.causal = causal;
		this.normalizer = normalizer;
	}

	override build(inputShape: Shape | Shape[]): void {
		const [query, key] = this.featureSizes(inputShape);
		if (query !== key) {
			const message = `query has ${query} features and key ${key}; a dot product needs the same. Use \`additiveAttention\` or \`multiHeadAttention\`.`;
			throw new HeedError("SHAPE", this.where, message);
		}
		if (this.scale === "trainable") this.factor = this.parameterScope().add("scale", [], "ones");
		super.build(inputShape);
	}

	protected attend({ query, key, value, mask, dropout }: MemoryAttentionCall): {
		output: tf.Tensor3D;
		weights?: tf.Tensor3D;
	} {
		const { causal, normalizer } = this;
		const asked = this.factor === undefined ? query : tf.mul<tf.Tensor3D>(query, this.factor);
		const heads = [asked, key, value].map((x) => tf.expandDims(x, 1)) as [
			tf.Tensor4D,
			tf.Tensor4D,
			tf.Tensor4D,
		];
		const scale = this.scale === "root" ? {} : { scale: 1 };
		const options = { mask, causal, normalizer, dropout, ...scale };
		if (!this.wantsWeights) {
			return { output: tf.squeeze(scaledDotProductAttention(...heads, options), [1]) as tf.Tensor3D };
		}
		const result = scaledDotProductAttention(...heads, { ...options, returnWeights: true });
		const single = (x: tf.Tensor4D): tf.Tensor3D => tf.squeeze(x, [1]);
		return { output: single(result.output), weights: single(result.weights) };
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { scale, causal, normalizer } = this;
		return { ...super.getConfig(), scale, causal, normalizer };
	}
}
tf.serialization.registerClass(DotAttention);

/**
 * Makes a {@link DotAttention} layer, `weights = softmax(scale · query keyᵀ)`: `[x]`, `[query, memory]` or `[query, key, value]`,
 * and a mask, to `[batch, queryLength, valueFeatures]`.
 *
 * Luong, Pham, Manning 2015, "Effective Approaches to Attention-based Neural Machine Translation",
 * https://arxiv.org/abs/1508.04025
 *
 * When not to use it: where query and key come from different spaces, see {@link MultiHeadAttention}.
 *
 * @throws HeedError `OPTION`.
 */
export function dotAttention(args: DotAttentionArgs = {}): DotAttention {
	return new DotAttention(args);
}
