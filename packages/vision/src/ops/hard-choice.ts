import {
	categoricalSample,
	checkChoice,
	checkNumber,
	entropy,
	HeedError,
	maskedSoftmax,
	stopGradient,
	straightThrough,
	topKSoftmax,
} from "@heed/core";
import { seedFor } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";

/** How a choice of k items learns: see the layers that choose. */
export type ChoiceEstimator = "straightThrough" | "gumbel" | "reinforce" | "topk";

/** How many items stay, and how the choice of them learns. */
export interface HardChoice {
	readonly k: number;
	readonly estimator: ChoiceEstimator;
	readonly temperature: number;
}

/** Items that were drawn. */
export type DrawnChoice = {
	/** 1 for a chosen item, 0 for the others, `[batch, items]`. */
	readonly weights: tf.Tensor2D;
	/** Logarithm of the probability of these draws in this order, `[batch]`; differentiable. */
	readonly logProb: tf.Tensor;
	/** How undecided the first draw was, in nats, `[batch]`; differentiable. */
	readonly entropy: tf.Tensor;
};

/** Checks the arguments of a choice and fills in what is not given. */
export function resolveChoice(
	where: string,
	args: { readonly [Name in keyof HardChoice]?: HardChoice[Name] | undefined },
): HardChoice {
	const { k = 1, estimator = "straightThrough", temperature = 1 } = args;
	checkNumber(where, "k", k, { integer: true, min: 1 });
	checkChoice(where, "estimator", estimator, ["straightThrough", "gumbel", "reinforce", "topk"]);
	checkNumber(where, "temperature", temperature, { above: 0 });
	if (estimator !== "gumbel" && temperature !== 1) {
		const message = `\`temperature\` is ${temperature} with \`estimator\` '${estimator}', which has none. Leave it out.`;
		throw new HeedError("OPTION", where, message);
	}
	return { k, estimator, temperature };
}

/**
 * Weights that choose k items of each row, `[batch, items]`: their sum is k, or as many as count.
 *
 * @param trainingSeed Inside of training: the seed of this draw.
 * @throws HeedError `UNSUPPORTED` for the training of `reinforce`, which nobody here rewards.
 */
export function chooseItems(
	where: string,
	scores: tf.Tensor2D,
	choice: HardChoice,
	options: { readonly trainingSeed: (() => number) | undefined; readonly mask?: tf.Tensor2D | undefined },
): tf.Tensor2D {
	const { estimator, temperature } = choice;
	const k = Math.min(choice.k, scores.shape[1]);
	const { trainingSeed, mask } = options;
	if (trainingSeed !== undefined && estimator === "reinforce") {
		const message = "`estimator` 'reinforce' needs the reward, which `fit` does not have. Train by `choose`.";
		throw new HeedError("UNSUPPORTED", where, message);
	}
	if (estimator === "topk") return tf.mul(topKSoftmax(scores, { k, mask }), choiceCount(k, mask));
	if (trainingSeed !== undefined && estimator === "gumbel") {
		return relaxedChoice(scores, { k, temperature, seed: trainingSeed(), mask });
	}
	const chosen = largestOf(scores, k, mask);
	return estimator === "straightThrough" ? straightThrough(chosen, maskedSoftmax(scores, mask)) : chosen;
}

/** Draws k items of each row without putting back. */
export function drawItems(
	scores: tf.Tensor2D,
	options: { readonly k: number; readonly seed: number; readonly mask?: tf.Tensor2D | undefined },
): DrawnChoice {
	const { k, seed, mask } = options;
	let open: tf.Tensor = mask ?? tf.ones(scores.shape, "bool");
	const draws = Array.from({ length: k }, (_, i) => {
		const drawn = categoricalSample(scores, { seed: seedFor(seed, `draw/${i}`), mask: open });
		open = tf.logicalAnd(open, tf.logicalNot(tf.cast(drawn.oneHot, "bool")));
		return drawn;
	});
	return {
		weights: tf.addN(draws.map(({ oneHot }) => oneHot)) as tf.Tensor2D,
		logProb: tf.addN(draws.map((draw) => draw.logProb)),
		entropy: entropy(maskedSoftmax(scores, mask)),
	};
}

/** How many items of a row are chosen: k, or as many as count, `[batch, 1]`. */
export function choiceCount(k: number, mask: tf.Tensor2D | undefined): tf.Tensor | number {
	return mask === undefined ? k : tf.minimum(tf.sum(tf.cast(mask, "float32"), 1, true), k);
}

/** 1 at the k largest of each row, of equal ones the first; no gradient. */
function largestOf(scores: tf.Tensor2D, k: number, mask: tf.Tensor2D | undefined): tf.Tensor2D {
	const rows = stopGradient(scores);
	const low = tf.min(rows, 1, true);
	const range = tf.sub(tf.max(rows, 1, true), low);
	// Between 0 and 50, where no exponential of the softmax falls to 0.
	const bounded = tf.div(tf.mul(tf.sub(rows, low), 50), tf.maximum(range, 50)) as tf.Tensor2D;
	return tf.cast(tf.greater(topKSoftmax(bounded, { k, mask }), 0), "float32");
}

/** Soft weights: what is taken in one round counts less in the next. */
function relaxedChoice(
	scores: tf.Tensor2D,
	options: Pick<HardChoice, "k" | "temperature"> & {
		readonly seed: number;
		readonly mask: tf.Tensor2D | undefined;
	},
): tf.Tensor2D {
	const { k, temperature, seed, mask } = options;
	const uniform = tf.clipByValue(tf.randomUniform(scores.shape, 0, 1, "float32", seed), 1e-6, 1 - 1e-6);
	const noise = tf.neg(tf.log(tf.neg(tf.log(uniform))));
	let keys = tf.add(scores, noise) as tf.Tensor2D; // [B, C]
	const rounds: tf.Tensor2D[] = [];
	for (let round = 0; round < k; round++) {
		if (round > 0) keys = tf.add(keys, tf.log(tf.maximum(tf.sub(1, rounds.at(-1) as tf.Tensor2D), 1e-10)));
		rounds.push(maskedSoftmax(tf.div(keys, temperature), mask));
	}
	if (mask === undefined) return tf.addN(rounds);
	const count = choiceCount(k, mask); // as many rounds as there are items
	return tf.addN(rounds.map((round, i) => tf.mul(round, tf.cast(tf.greater(count, i), "float32"))));
}
