import { checkChoice, checkFlag, checkNumber, HeedError, maskedSoftmax } from "@heed/core";
import { type AttentionLayerArgs, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { AttentionState } from "./decoder-attention.ts";
import { locationFeatures } from "./location-features.ts";
import { ScoredSteppedAttention } from "./scored-stepped-attention.ts";
import { additiveStepScore } from "./step-score.ts";
import type { Aligned } from "./stepped-attention.ts";

/** Arguments of {@link LocationAwareAttention}. */
export interface LocationAwareAttentionArgs extends AttentionLayerArgs {
	/** Size of the space in which query, keys and locations meet. */
	readonly units: number;
	/** How many filters look at the alignments. Default 10, as in the paper. */
	readonly filters?: number | undefined;
	/** Width of a filter, in positions. Default 31; the paper has 201, for frames of 10 ms. */
	readonly kernelSize?: number | undefined;
	/** What they look at: the alignment of the last step, the sum of all before this one, or both. Default `previous`. */
	readonly alignments?: "previous" | "cumulative" | "both" | undefined;
	/** β, what the scores are multiplied by before the softmax: above 1 it attends to fewer positions. Default 1. */
	readonly sharpening?: number | undefined;
	/** Normalise sigmoids of the scores instead of exponentials, which attends to more positions. Default false. */
	readonly smoothing?: boolean | undefined;
}

/**
 * Location-aware attention: additive attention that also sees where it has looked, so that it can go on from there and
 * tell two like positions apart.
 *
 *     f = F ∗ α_{t−1}                           F ∗ Σ_{s<t} α_s with `cumulative`, the sum of two convolutions with `both`
 *     score_j = vᵀ tanh(W q + V m_j + U f_j + b)
 *     α = softmax(β · score)                    smoothing:  σ(score_j) / Σ_k σ(score_k)
 *     context = Σ_j α_j m_j
 *
 * Before the first step the alignments are zeros. Beyond the length of a row, and beyond the source, an alignment is zero
 * to the filters. In a decoder the query is the **previous** state.
 *
 * Weights: `query/kernel` W [querySize, units], `memory/kernel` V [memorySize, units], `score/kernel` v [units],
 * `score/bias` b [units], `location/filters` F [kernelSize, 1 or 2, filters], `location/kernel` U [filters, units]. Of
 * `both` the first channel is the last alignment, the second the sum. A state carries `previous` and `cumulative`, as
 * far as the filters look at them.
 *
 * When not to use it: where the order of attention is free, as in translation. It was made for speech.
 *
 * Chorowski, Bahdanau, Serdyuk, Cho, Bengio 2015, "Attention-Based Models for Speech Recognition",
 * https://arxiv.org/abs/1506.07503
 */
export class LocationAwareAttention extends ScoredSteppedAttention {
	static readonly className = "HeedLocationAwareAttention";
	readonly kind = "locationAwareAttention";
	readonly units: number;
	readonly filters: number;
	readonly kernelSize: number;
	readonly alignments: "previous" | "cumulative" | "both";
	readonly sharpening: number;
	readonly smoothing: boolean;
	#location: { readonly filters: tf.Variable<tf.Rank.R3>; readonly kernel: tf.Variable } | undefined;

	/** @throws HeedError `OPTION`. */
	constructor(args: LocationAwareAttentionArgs) {
		super(args, ["units", "filters", "kernelSize", "alignments", "sharpening", "smoothing"]);
		const { units, filters = 10, kernelSize = 31, alignments = "previous" } = args;
		const { sharpening = 1, smoothing = false } = args;
		checkNumber(this.where, "units", units, { integer: true, min: 1 });
		checkNumber(this.where, "filters", filters, { integer: true, min: 1 });
		checkNumber(this.where, "kernelSize", kernelSize, { integer: true, min: 1 });
		checkChoice(this.where, "alignments", alignments, ["previous", "cumulative", "both"]);
		checkNumber(this.where, "sharpening", sharpening, { above: 0 });
		checkFlag(this.where, "smoothing", smoothing);
		if (smoothing && sharpening !== 1) {
			const message = `\`sharpening\` is ${sharpening} with \`smoothing\`, its opposite. Leave one of them out.`;
			throw new HeedError("OPTION", this.where, message);
		}
		this.units = units;
		this.filters = filters;
		this.kernelSize = kernelSize;
		this.alignments = alignments;
		this.sharpening = sharpening;
		this.smoothing = smoothing;
	}

	/** The names in the state of what the filters look at. */
	get #channels(): readonly ("previous" | "cumulative")[] {
		return this.alignments === "both" ? ["previous", "cumulative"] : [this.alignments];
	}

	protected addWeights(querySize: number, memorySize: number): void {
		const { units, filters, kernelSize } = this;
		const parameters = this.parameterScope();
		this.useScore(additiveStepScore(parameters, { querySize, memorySize, units }));
		this.#location = {
			filters: parameters.add<tf.Rank.R3>("location/filters", [kernelSize, this.#channels.length, filters]),
			kernel: parameters.add("location/kernel", [filters, units]),
		};
	}

	protected override first({ shape: [batch, source] }: tf.Tensor3D): Record<string, tf.Tensor> {
		return Object.fromEntries(this.#channels.map((name) => [name, tf.zeros([batch, source])]));
	}

	protected align(query: tf.Tensor2D, state: AttentionState, mask: tf.Tensor2D): Aligned {
		const { filters, kernel } = this.made(this.#location);
		const seen = this.#channels.map((name) => state[name] as tf.Tensor2D);
		const located = project(locationFeatures(seen, filters), kernel); // [B, S, U]
		const scores = this.score(query, tf.add(state.keys, located)); // [B, S]
		const alignment = maskedSoftmax(this.#sharpened(scores), mask);
		const next = {
			previous: alignment,
			...(state.cumulative && { cumulative: tf.add(state.cumulative, alignment) }),
		};
		return {
			alignment,
			next: Object.fromEntries(this.#channels.map((name) => [name, next[name] as tf.Tensor])),
		};
	}

	/** What goes into the softmax: `softmax(log σ(x))` is `σ(x) / Σ σ(x)`, and does not divide by what may be 0. */
	#sharpened(scores: tf.Tensor2D): tf.Tensor2D {
		if (this.smoothing) return tf.neg(tf.softplus(tf.neg(scores)));
		return this.sharpening === 1 ? scores : tf.mul(scores, this.sharpening);
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { units, filters, kernelSize, alignments, sharpening, smoothing } = this;
		return { ...super.getConfig(), units, filters, kernelSize, alignments, sharpening, smoothing };
	}
}

tf.serialization.registerClass(LocationAwareAttention);
