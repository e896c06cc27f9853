import { checkNumber, maskedSoftmax } from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { AttentionState } from "./decoder-attention.ts";
import { ScoredSteppedAttention } from "./scored-stepped-attention.ts";
import { additiveStepScore } from "./step-score.ts";
import type { Aligned } from "./stepped-attention.ts";

/** Arguments of {@link CoverageAttention}. */
export interface CoverageAttentionArgs extends AttentionLayerArgs {
	/** Size of the space in which query, keys and coverage meet. */
	readonly units: number;
}

/**
 * Attention with coverage: additive attention that sees how much attention each position has had, and is told off for
 * giving more to one that had it, which keeps a decoder from repeating itself.
 *
 *     c_t = Σ_{s<t} α_s                         this step not counted; zeros at first
 *     score_j = vᵀ tanh(W q + U m_j + w c_tj + b)
 *     α = softmax(score);   context = Σ_j α_j m_j
 *     penalty = Σ_j min(α_j, c_tj)              which `Seq2Seq.loss` adds, times `coverageWeight`
 *
 * In a decoder the query is the **current** state. Weights: `query/kernel` W [querySize, units], `memory/kernel` U
 * [memorySize, units], `score/kernel` v [units], `score/bias` b [units], `coverage/kernel` w [1, units]. A state carries
 * `coverage` [batch, source].
 *
 * When not to use it: where the same position must be read more than once.
 *
 * See, Liu, Manning 2017, "Get To The Point: Summarization with Pointer-Generator Networks",
 * https://arxiv.org/abs/1704.04368
 */
export class CoverageAttention extends ScoredSteppedAttention {
	static readonly className = "HeedCoverageAttention";
	readonly kind = "coverageAttention";
	readonly units: number;
	#coverage: tf.Variable | undefined;

	/** @throws HeedError `OPTION`. */
	constructor(args: CoverageAttentionArgs) {
		super(args, ["units"]);
		checkNumber(this.where, "units", args.units, { integer: true, min: 1 });
		this.units = args.units;
	}

	protected addWeights(querySize: number, memorySize: number): void {
		const { units } = this;
		const parameters = this.parameterScope();
		this.useScore(additiveStepScore(parameters, { querySize, memorySize, units }));
		this.#coverage = parameters.add("coverage/kernel", [1, units]);
	}

	protected override first({ shape: [batch, source] }: tf.Tensor3D): Record<string, tf.Tensor> {
		return { coverage: tf.zeros([batch, source]) };
	}

	protected align(query: tf.Tensor2D, state: AttentionState, mask: tf.Tensor2D): Aligned {
		const coverage = state.coverage as tf.Tensor2D;
		const [batch, source] = coverage.shape;
		const covered = tf.mul(tf.reshape(coverage, [batch, source, 1]), this.made(this.#coverage)); // [B, S, U]
		const keys = tf.add(state.keys, covered) as tf.Tensor3D;
		const alignment = maskedSoftmax(this.score(query, keys), mask); // [B, S]
		return {
			alignment,
			next: { coverage: tf.add(coverage, alignment) },
			penalty: tf.sum(tf.minimum(alignment, coverage), 1) as tf.Tensor1D,
		};
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), units: this.units };
	}
}

tf.serialization.registerClass(CoverageAttention);
