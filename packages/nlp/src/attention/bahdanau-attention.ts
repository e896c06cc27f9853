import { additiveScore, checkFlag, checkNumber } from "@heed/core";
import { project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, type LayerVariable } from "@tensorflow/tfjs-layers";
import { ScoreAttention, type ScoreAttentionArgs } from "./score-attention.ts";

/** Arguments of {@link BahdanauAttention}. */
export interface BahdanauAttentionArgs extends ScoreAttentionArgs {
	/** Size of the space in which query and keys meet. */
	readonly units: number;
	/** Normalise the weight of the score: `g · v / ‖v‖`, and add a bias inside the tanh. Default false. */
	readonly normalize?: boolean | undefined;
}

/**
 * Additive attention, the first attention of all: a small network looks at the state of the decoder and at each position
 * of the source, and says how much they have to do with each other.
 *
 *     score_j = vᵀ tanh(W q + U m_j)            normalize:  g · vᵀ/‖v‖ tanh(W q + U m_j + b)
 *     α = softmax(score)                        over the valid positions; another `normalizer` gives exact zeros
 *     context = Σ_j α_j m_j
 *
 * In a decoder the query is the **previous** state, and the context goes into the next one. `U m_j` is computed once
 * per sentence. Weights: `query/kernel` W [querySize, units], `memory/kernel` U [memorySize, units], `score/kernel` v
 * [units], normalised also `score/scale` g [] (starts at √(1/units)) and `score/bias` b [units].
 *
 * When not to use it: for long sequences against themselves, since every pair of positions costs `units` tanh; there
 * scaled dot-product attention is the tool.
 *
 * Bahdanau, Cho, Bengio 2014, "Neural Machine Translation by Jointly Learning to Align and Translate",
 * https://arxiv.org/abs/1409.0473. Normalised: Salimans, Kingma 2016, https://arxiv.org/abs/1602.07868.
 */
export class BahdanauAttention extends ScoreAttention {
	static readonly className = "HeedBahdanauAttention";
	readonly kind = "bahdanauAttention";
	readonly units: number;
	readonly normalize: boolean;
	#query: LayerVariable | undefined;
	#memory: LayerVariable | undefined;
	#score: LayerVariable | undefined;
	#scale: LayerVariable | undefined;
	#bias: LayerVariable | undefined;

	/** @throws HeedError `OPTION`. */
	constructor(args: BahdanauAttentionArgs) {
		super(args, ["units", "normalize"]);
		const { units, normalize = false } = args;
		checkNumber(this.where, "units", units, { integer: true, min: 1 });
		checkFlag(this.where, "normalize", normalize);
		this.units = units;
		this.normalize = normalize;
	}

	protected addWeights(querySize: number, memorySize: number): void {
		const { units } = this;
		this.#query = this.addSeededWeight("query/kernel", [querySize, units]);
		this.#memory = this.addSeededWeight("memory/kernel", [memorySize, units]);
		this.#score = this.addSeededWeight("score/kernel", [units]);
		if (!this.normalize) return;
		const start = initializers.constant({ value: Math.sqrt(1 / units) });
		this.#scale = this.addWeight("score/scale", [], "float32", start);
		this.#bias = this.addSeededWeight("score/bias", [units], "zeros");
	}

	protected projectMemory(memory: tf.Tensor3D): tf.Tensor3D {
		return project(memory, this.read(this.#memory)); // [B, S, U]
	}

	protected score(query: tf.Tensor3D, keys: tf.Tensor3D): tf.Tensor3D {
		const projected = project(query, this.read(this.#query)); // [B, Tq, U]
		return additiveScore(projected, keys, {
			v: this.read(this.#score),
			...(this.normalize && { g: this.read(this.#scale), b: this.read(this.#bias) }),
		});
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), units: this.units, normalize: this.normalize };
	}
}

tf.serialization.registerClass(BahdanauAttention);
