import { maskedLogSoftmax, stopGradient } from "@heed/core";
import { isCapturing, type ParameterScope, project, recordAttention } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { scatterWeights } from "../ops/scatter-weights.ts";

/** What the gate is told of a step, each but the alignment `[..., size]` with the same leading axes, `[R]` or `[steps, R]`. */
export interface GateInputs {
	readonly context: tf.Tensor;
	/** The state of the top layer. */
	readonly hidden: tf.Tensor;
	/** The embedding of the last token. */
	readonly embedded: tf.Tensor;
	/** `[R, S]` or `[R, steps, S]`: decides nothing, and tells the record where there is nothing to copy. */
	readonly alignment: tf.Tensor;
}

/** The logarithm of a chance of 0: finite, so that no arithmetic makes a NaN of it. */
const never = -1e30;
/** Keeps a logarithm finite. */
const tiny = 1e-37;

/**
 * Generates a word or copies one from the source:
 *
 *     p_gen = σ(w [context; hidden; embedded] + b)
 *     P(w)  = p_gen · P_vocabulary(w) + (1 − p_gen) · Σ_{i: x_i = w} α_i
 *
 * in logarithms, so that neither part can lose the other. An alignment that does not sum to 1 is normalised first; where
 * it is all zeros there is nothing to copy, and p_gen counts as 1: so P always sums to 1.
 *
 * R: rows, S: source positions, V: size of the target vocabulary, X: words of the source beyond it.
 *
 * See, Liu, Manning 2017, "Get To The Point: Summarization with Pointer-Generator Networks", section 2.2,
 * https://arxiv.org/abs/1704.04368
 *
 * When not to use it: where source and target share no words.
 */
export class CopyGate {
	readonly #kernel: tf.Variable;
	readonly #bias: tf.Variable;

	/** @param inputSize The sizes of all {@link GateInputs} together. */
	constructor(parameters: ParameterScope, inputSize: number) {
		this.#kernel = parameters.add("kernel", [inputSize, 1]);
		this.#bias = parameters.add("bias", [1], "zeros");
	}

	/**
	 * The log-odds of generating, `[R]` of a step or `[steps, R]`. Under `captureAttention` p_gen as it counts, so 1 where there
	 * is nothing to copy, is recorded as `copyGate`, `['batch']` or `['batch', 'query']`: where it is small, the token was copied
	 * from what the attention looked at.
	 */
	logOdds({ context, hidden, embedded, alignment }: GateInputs): tf.Tensor {
		const axis = context.rank - 1;
		const odds = project(tf.concat([context, hidden, embedded], axis), this.#kernel, this.#bias);
		const logOdds = tf.reshape(odds, context.shape.slice(0, -1));
		if (isCapturing()) {
			const generates = tf.transpose(tf.sigmoid(logOdds));
			const { alive } = totalOf(alignment);
			const weights = tf.where(tf.reshape(alive, generates.shape), generates, tf.onesLike(generates));
			const axes = ["batch", "query"].slice(0, weights.rank);
			recordAttention({ layer: "copyGate", kind: "copyGate", axes, weights });
		}
		return logOdds;
	}

	/**
	 * The log-probability of every token, `[R, V + X]`; -Infinity for what can neither be generated nor copied.
	 *
	 * @param logits Of the vocabulary, `[R, V]`.
	 * @param logOdds `[R]`.
	 * @param alignment `[R, S]`.
	 * @param ids What each position is in the extended target vocabulary, int32 `[R, S]`.
	 */
	logProbs(
		logits: tf.Tensor2D,
		logOdds: tf.Tensor1D,
		alignment: tf.Tensor2D,
		{ ids, extraTokens }: { ids: tf.Tensor2D; extraTokens: number },
	): tf.Tensor2D {
		const [rows, vocabulary] = logits.shape;
		const words = maskedLogSoftmax(logits); // under a tape the host's fails its own leak check on wasm
		const extended = extraTokens === 0 ? words : tf.concat([words, tf.fill([rows, extraTokens], never)], 1); // [R, V + X]
		const { shares, alive } = normalized(alignment);
		const copied = scatterWeights(shares, ids, vocabulary + extraTokens);
		const mixed = mix(extended, copied, tf.reshape(logOdds, [rows, 1]), alive); // [R, V + X]
		const impossible = tf.less(stopGradient(mixed), never / 2); // false for NaN, which must stay for who looks for it
		const forbidden: tf.Tensor = tf.fill(mixed.shape, Number.NEGATIVE_INFINITY);
		return tf.where(impossible, forbidden, mixed) as tf.Tensor2D;
	}

	/**
	 * The log-probability of one label per row, `[R]`, which takes no table of all tokens.
	 *
	 * @param words The log-probability that the vocabulary gives to the label, `[R]`; any number where `known` is false.
	 * @param known True where the label is in the vocabulary, bool `[R]`.
	 * @param copies True where a position is the label, bool `[R, S]`.
	 */
	labelLogProbs(
		{ words, known }: { words: tf.Tensor1D; known: tf.Tensor1D },
		logOdds: tf.Tensor1D,
		alignment: tf.Tensor2D,
		copies: tf.Tensor2D,
	): tf.Tensor1D {
		const [rows] = alignment.shape;
		const { shares, alive } = normalized(alignment);
		const copied = tf.sum(tf.mul(shares, tf.cast(copies, "float32")), 1, true); // [R, 1]
		const generated = tf.where(known, words, tf.fill([rows], never));
		const mixed = mix(tf.reshape(generated, [rows, 1]), copied, tf.reshape(logOdds, [rows, 1]), alive);
		return tf.reshape(mixed, [rows]);
	}
}

/** Sums of alignments, and where there is anything, NaN too, bool; both `[..., 1]`. */
function totalOf(alignment: tf.Tensor): { total: tf.Tensor; alive: tf.Tensor } {
	const total = tf.sum(alignment, -1, true);
	return { total, alive: tf.logicalNot(tf.lessEqual(stopGradient(total), tiny)) };
}

/** Alignments that sum to 1, and where there is anything, bool `[R, 1]`. */
function normalized(alignment: tf.Tensor2D): { shares: tf.Tensor2D; alive: tf.Tensor } {
	const { total, alive } = totalOf(alignment);
	const divisor = tf.where(alive, total, tf.onesLike(total));
	return { shares: tf.div(alignment, divisor), alive };
}

/** `log(p_gen · exp(words) + (1 − p_gen) · copied)`; words and copied `[R, N]`, logOdds and alive `[R, 1]`. */
function mix(words: tf.Tensor, copied: tf.Tensor, logOdds: tf.Tensor, alive: tf.Tensor): tf.Tensor {
	const generates = tf.where(alive, logSigmoid(logOdds), tf.zerosLike(logOdds));
	const uncopied = tf.lessEqual(stopGradient(copied), tiny); // false for NaN
	const logCopied = tf.where(
		uncopied,
		tf.fill(copied.shape, never),
		tf.log(tf.where(uncopied, tf.onesLike(copied), copied)),
	);
	const a = tf.add(words, generates);
	const b = tf.add(logCopied, logSigmoid(tf.neg(logOdds)));
	const largest = tf.maximum(stopGradient(a), stopGradient(b));
	const both = tf.add(tf.exp(tf.sub(a, largest)), tf.exp(tf.sub(b, largest)));
	return tf.add(largest, tf.log(both));
}

/** `log σ(x)`. */
function logSigmoid(x: tf.Tensor): tf.Tensor {
	return tf.neg(tf.softplus(tf.neg(x)));
}
