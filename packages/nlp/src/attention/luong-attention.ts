import { checkFlag } from "@heed/core";
import { type AttentionLayerArgs, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, type LayerVariable } from "@tensorflow/tfjs-layers";
import { ScoreAttention } from "./score-attention.ts";

/** Arguments of {@link LuongAttention}. */
export interface LuongAttentionArgs extends AttentionLayerArgs {
	/**
	 * Multiply the scores by a trainable number, which starts at `1 / √querySize`, so that the softmax is not saturated
	 * before anything is learned. Default false, as in the paper.
	 */
	readonly scale?: boolean | undefined;
}

/**
 * Multiplicative attention with the general score:
 *
 *     score_j = qᵀ W m_j                        scale:  g · qᵀ W m_j
 *     α = softmax(score)                        over the valid positions
 *     context = Σ_j α_j m_j
 *
 * In a decoder the query is the **current** state, and the context meets it after the cell. `W m_j` is computed once per
 * sentence, so all steps of a teacher-forced sequence are two products of matrices. Weights: `memory/kernel` W
 * [memorySize, querySize], with `scale` also `score/scale` g [].
 *
 * When not to use it: without `scale` the scores grow with the size of the state; the softmax saturates, and a decoder can
 * get stuck on one position of every sentence, usually the last.
 *
 * Luong, Pham, Manning 2015, "Effective Approaches to Attention-based Neural Machine Translation",
 * https://arxiv.org/abs/1508.04025
 */
export class LuongAttention extends ScoreAttention {
	static readonly className = "HeedLuongAttention";
	readonly kind = "luongAttention";
	readonly scale: boolean;
	#memory: LayerVariable | undefined;
	#scale: LayerVariable | undefined;

	/** @throws HeedError `OPTION`. */
	constructor(args: LuongAttentionArgs = {}) {
		super(args, ["scale"]);
		const { scale = false } = args;
		checkFlag(this.where, "scale", scale);
		this.scale = scale;
	}

	protected addWeights(querySize: number, memorySize: number): void {
		this.#memory = this.addSeededWeight("memory/kernel", [memorySize, querySize]);
		if (!this.scale) return;
		const start = initializers.constant({ value: 1 / Math.sqrt(querySize) });
		this.#scale = this.addWeight("score/scale", [], "float32", start);
	}

	protected projectMemory(memory: tf.Tensor3D): tf.Tensor3D {
		return project(memory, this.read(this.#memory)); // [B, S, n]
	}

	protected score(query: tf.Tensor3D, keys: tf.Tensor3D): tf.Tensor3D {
		const scores: tf.Tensor3D = tf.matMul(query, keys, false, true); // [B, Tq, S]
		if (!this.scale) return scores;
		const scale = this.read<tf.Scalar>(this.#scale);
		return tf.mul<tf.Tensor3D>(scores, scale);
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), scale: this.scale };
	}
}

tf.serialization.registerClass(LuongAttention);
