import { additiveScore, checkChoice, checkFlag, checkNumber, dotScore, HeedError } from "@heed/core";
import { project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, type LayerVariable } from "@tensorflow/tfjs-layers";
import { ScoreAttention, type ScoreAttentionArgs } from "./score-attention.ts";

/** Arguments of {@link LuongAttention}. */
export interface LuongAttentionArgs extends ScoreAttentionArgs {
	/** How a query and a position of the memory are compared. Default `general`. */
	readonly score?: "dot" | "general" | "concat" | undefined;
	/** Size of the space in which query and memory meet, for `concat` only. Default: the query's size. */
	readonly units?: number | undefined;
	/**
	 * Multiply the scores by a trainable number, which starts at `1 / √querySize`, so that the softmax is not saturated
	 * before anything is learned; not for `concat`, whose scores are bounded. Default false, as in the paper.
	 */
	readonly scale?: boolean | undefined;
}

/**
 * Luong's global attention, with the three scores of the paper that look at the memory:
 *
 *     dot       score_j = qᵀ m_j                scale:  g · qᵀ m_j
 *     general   score_j = qᵀ W m_j              scale:  g · qᵀ W m_j
 *     concat    score_j = vᵀ tanh(W [q; m_j])
 *     α = softmax(score)                        over the valid positions; another `normalizer` gives exact zeros
 *     context = Σ_j α_j m_j
 *
 * In a decoder the query is the **current** state, and the context meets it after the cell. What depends on the memory is
 * computed once per sentence, so all steps of a teacher-forced sequence are two products of matrices.
 *
 * Weights of `dot`: none. `general`: `memory/kernel` W [memorySize, querySize]. `concat`: the two halves of W,
 * `query/kernel` [querySize, units] and `memory/kernel` [memorySize, units], and `score/kernel` v [units]. With `scale` also
 * `score/scale` g [].
 *
 * When not to use it: without `scale` the products grow with the size of the state; the softmax saturates, and a decoder can
 * get stuck on one position of every sentence, usually the last. `dot` needs query and memory of the same size, and
 * states that learn to be alike. `concat` costs `units` tanh for every pair of positions, as `BahdanauAttention` does.
 *
 * Luong, Pham, Manning 2015, "Effective Approaches to Attention-based Neural Machine Translation",
 * https://arxiv.org/abs/1508.04025
 */
export class LuongAttention extends ScoreAttention {
	static readonly className: string = "HeedLuongAttention";
	readonly kind: string = "luongAttention";
	readonly scoreKind: "dot" | "general" | "concat";
	readonly units: number | undefined;
	readonly scale: boolean;
	#query: LayerVariable | undefined;
	#memory: LayerVariable | undefined;
	#score: LayerVariable | undefined;
	#scale: LayerVariable | undefined;

	/**
	 * @param known The names of a subclass's own arguments.
	 * @throws HeedError `OPTION`; when it is built, `SHAPE` if the sizes differ with `dot`.
	 */
	constructor(args: LuongAttentionArgs = {}, known: readonly string[] = []) {
		super(args, ["score", "units", "scale", ...known]);
		const { score = "general", units, scale = false } = args;
		checkChoice(this.where, "score", score, ["dot", "general", "concat"]);
		checkFlag(this.where, "scale", scale);
		if (units !== undefined) checkNumber(this.where, "units", units, { integer: true, min: 1 });
		if (units !== undefined && score !== "concat") {
			const message = `\`units\` is ${units} with \`score\` '${score}', which has none. Leave it out, or use 'concat'.`;
			throw new HeedError("OPTION", this.where, message);
		}
		if (scale && score === "concat") {
			const message = "`scale` is true with `score` 'concat', whose weights scale it. Leave it out.";
			throw new HeedError("OPTION", this.where, message);
		}
		this.scoreKind = score;
		this.units = units;
		this.scale = scale;
	}

	protected addWeights(querySize: number, memorySize: number): void {
		const { scoreKind, units = querySize } = this;
		if (scoreKind === "dot" && querySize !== memorySize) {
			const message = `\`score\` 'dot' needs query and memory of one size; querySize is ${querySize}, memorySize ${memorySize}. Use 'general'.`;
			throw new HeedError("SHAPE", this.where, message);
		}
		if (scoreKind === "general")
			this.#memory = this.addSeededWeight("memory/kernel", [memorySize, querySize]);
		if (scoreKind === "concat") {
			this.#query = this.addSeededWeight("query/kernel", [querySize, units]);
			this.#memory = this.addSeededWeight("memory/kernel", [memorySize, units]);
			this.#score = this.addSeededWeight("score/kernel", [units]);
		}
		if (!this.scale) return;
		const start = initializers.constant({ value: 1 / Math.sqrt(querySize) });
		this.#scale = this.addWeight("score/scale", [], "float32", start);
	}

	protected projectMemory(memory: tf.Tensor3D): tf.Tensor3D {
		return this.scoreKind === "dot" ? tf.clone(memory) : project(memory, this.read(this.#memory)); // [B, S, n or U]
	}

	protected score(query: tf.Tensor3D, keys: tf.Tensor3D): tf.Tensor3D {
		if (this.scoreKind === "concat") {
			const projected = project(query, this.read(this.#query)); // [B, Tq, U]
			return additiveScore(projected, keys, { v: this.read(this.#score) });
		}
		const scores = dotScore(query, keys); // [B, Tq, S]
		if (!this.scale) return scores;
		const scale = this.read<tf.Scalar>(this.#scale);
		return tf.mul<tf.Tensor3D>(scores, scale);
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { scoreKind: score, units, scale } = this;
		return { ...super.getConfig(), score, scale, ...(units !== undefined && { units }) };
	}
}

tf.serialization.registerClass(LuongAttention);
