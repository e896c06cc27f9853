import { checkChoice, checkNumber, gaussianScore, stopGradient } from "@heed/core";
import { project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { LayerVariable } from "@tensorflow/tfjs-layers";
import type { AttentionState, AttentionStep } from "./decoder-attention.ts";
import { LuongAttention, type LuongAttentionArgs } from "./luong-attention.ts";

/** Arguments of {@link LocalAttention}. */
export interface LocalAttentionArgs extends LuongAttentionArgs {
	/** D: how many positions on each side of the centre are in the window. Default 10, as in the paper. */
	readonly halfWidth?: number | undefined;
	/** Where the centre comes from: `predictive`, from the query, or `monotonic`, the number of the step. Default `predictive`. */
	readonly alignment?: "monotonic" | "predictive" | undefined;
}

/**
 * Luong's local attention: the softmax sees a window of the source only.
 *
 *     monotonic (local-m)    p_t = t
 *     predictive (local-p)   p_t = S · sigmoid(vᵀ tanh(W q))
 *     α_s = softmax(score_s)                    over the valid positions with |s − p_t| ≤ D
 *     predictive:  α_s · exp(−(s − p_t)² / 2σ²),  σ = D / 2      not normalised again: sums to 1 or less
 *     context = Σ_s α_s m_s
 *
 * The scores are those of {@link LuongAttention}. Positions s and steps t count from 0; p_t is a real number. S is the
 * length of each source: one more than its last valid position. The edges of the window have no gradient; W and v learn
 * through the Gaussian. A window past the end of the source is empty: a zero row. A state of `monotonic` carries the
 * number of its step, so that a beam search can cut, copy and reorder it; as a layer on a whole sequence, and all at once,
 * t is the index of the query.
 *
 * Weights: those of the score; `predictive` also `position/query/kernel` W [querySize, querySize] and
 * `position/score/kernel` v [querySize].
 *
 * When not to use it: to save time, since every score is computed and those outside of the window are masked; `monotonic`
 * where source and target differ in word order or much in length.
 *
 * Luong, Pham, Manning 2015, "Effective Approaches to Attention-based Neural Machine Translation",
 * https://arxiv.org/abs/1508.04025
 */
export class LocalAttention extends LuongAttention {
	static override readonly className = "HeedLocalAttention";
	override readonly kind = "localAttention";
	readonly halfWidth: number;
	readonly alignment: "monotonic" | "predictive";
	#position: { readonly query: LayerVariable; readonly score: LayerVariable } | undefined;

	/** @throws HeedError `OPTION`; when it is built, `SHAPE` if the sizes differ with `dot`. */
	constructor(args: LocalAttentionArgs = {}) {
		super(args, ["halfWidth", "alignment"]);
		const { halfWidth = 10, alignment = "predictive" } = args;
		checkNumber(this.where, "halfWidth", halfWidth, { integer: true, min: 1 });
		checkChoice(this.where, "alignment", alignment, ["monotonic", "predictive"]);
		this.halfWidth = halfWidth;
		this.alignment = alignment;
	}

	protected override addWeights(querySize: number, memorySize: number): void {
		super.addWeights(querySize, memorySize);
		if (this.alignment === "monotonic") return;
		this.#position = {
			query: this.addSeededWeight("position/query/kernel", [querySize, querySize]),
			score: this.addSeededWeight("position/score/kernel", [querySize]),
		};
	}

	protected override startState(memory: tf.Tensor3D, mask: tf.Tensor3D): AttentionState {
		const state = super.startState(memory, mask);
		return this.alignment === "monotonic" ? { ...state, step: tf.zeros([memory.shape[0]]) } : state;
	}

	override step(query: tf.Tensor2D, state: AttentionState): AttentionStep {
		if (this.alignment === "predictive") return super.step(query, state);
		return tf.tidy(() => {
			const { context, alignment } = super.step(query, state);
			return { context, alignment, state: { ...state, step: tf.add(state.step as tf.Tensor1D, 1) } };
		});
	}

	protected override align(query: tf.Tensor3D, state: AttentionState): tf.Tensor3D {
		const { halfWidth } = this;
		const [, , source] = state.mask.shape;
		const center = this.#center(query, state); // [B, Tq]
		const fixed = tf.expandDims(stopGradient(center), 2); // comparisons have no gradient
		const near = tf.lessEqual(tf.abs(tf.sub(tf.range(0, source), fixed)), halfWidth); // [B, Tq, S]
		const weights = this.normalized(this.score(query, state.keys), tf.logicalAnd(near, state.mask));
		if (this.alignment === "monotonic") return weights;
		return tf.mul(weights, tf.exp(gaussianScore(center, { keyLength: source, sigma: halfWidth / 2 })));
	}

	/** p_t of every query, `[B, Tq]`. */
	#center(query: tf.Tensor3D, state: AttentionState): tf.Tensor2D {
		const [batch, time, querySize] = query.shape;
		if (this.alignment === "monotonic") {
			return tf.add(tf.reshape(state.step as tf.Tensor1D, [batch, 1]), tf.range(0, time));
		}
		const hidden = tf.tanh(project(query, this.read(this.#position?.query))); // [B, Tq, n]
		const kernel = tf.reshape(this.read(this.#position?.score), [querySize, 1]);
		const share = tf.sigmoid(tf.reshape(project(hidden, kernel), [batch, time])); // [B, Tq]
		const ends = tf.mul(tf.cast(state.mask, "float32"), tf.range(1, state.mask.shape[2] + 1)); // [B, 1 or Tq, S]
		return tf.mul(share, tf.max(ends, 2)) as tf.Tensor2D;
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), halfWidth: this.halfWidth, alignment: this.alignment };
	}
}

tf.serialization.registerClass(LocalAttention);
