import {
	checkDtype,
	checkNumber,
	checkOptions,
	checkRank,
	checkShape,
	type DifferentiableOp,
	HeedError,
	runDifferentiableOp,
} from "@heed/core";
import { checkIds } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";

/** Options of {@link sumByWord}: one of the two. */
export interface SumByWordOptions {
	/** Sum for every id from 0 to this number − 1. */
	readonly vocabularySize?: number | undefined;
	/** Sum for these ids alone, int32 `[batch, candidates]`. One that a row does not contain gets 0. */
	readonly candidates?: tf.Tensor2D | undefined;
}

/**
 * From places to words: a word that stands at several places of a document gets the weights of all of them.
 *
 *     P(w) = Σ over the places i where words_i = w of weights_i
 *
 * Kadlec et al. 2016, "Text Understanding with the Attention Sum Reader Network", https://arxiv.org/abs/1603.01547
 *
 * When not to use it: with `vocabularySize` for a large vocabulary and few possible answers, where `candidates` spares
 * `batch · vocabularySize` numbers.
 *
 * @param weights One weight per place, float32 `[batch, document]`; 0 where there is padding.
 * @param words The id of the word at each place, int32 `[batch, document]`.
 * @returns `[batch, vocabularySize]` or `[batch, candidates]`.
 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`; with `vocabularySize`, and on backends that compute in plain memory,
 *   `VALUE` for ids beyond it.
 */
export function sumByWord(weights: tf.Tensor2D, words: tf.Tensor2D, options: SumByWordOptions): tf.Tensor2D {
	const where = "sumByWord";
	checkOptions(where, options, ["vocabularySize", "candidates"]);
	const { vocabularySize, candidates } = options;
	checkRank(where, "weights", weights, ["batch", "document"]);
	checkDtype(where, "weights", weights, "float32");
	const [batch, document] = weights.shape;
	checkShape(where, "words", words, ["batch", "document"], [batch, document], "weights");
	checkDtype(where, "words", words, "int32");
	if ((vocabularySize === undefined) === (candidates === undefined)) {
		const came = vocabularySize === undefined ? "neither came" : "both came";
		const message = `give one of \`vocabularySize\` and \`candidates\`; ${came}.`;
		throw new HeedError("OPTION", where, message);
	}
	if (candidates !== undefined) {
		checkShape(where, "candidates", candidates, ["batch", "candidates"], [batch, null], "weights");
		checkDtype(where, "candidates", candidates, "int32");
		return tf.tidy(() => {
			const [, count] = candidates.shape;
			const same = tf.equal(
				tf.reshape(candidates, [batch, count, 1]),
				tf.reshape(words, [batch, 1, document]),
			); // [B, C, D]
			const found = tf.mul(tf.cast(same, "float32"), tf.reshape(weights, [batch, 1, document]));
			return tf.sum(found, 2); // [B, C]
		});
	}
	checkNumber(where, "vocabularySize", vocabularySize, { integer: true, min: 1 });
	const size = Number(vocabularySize);
	checkIds(where, "words", words, size, "`vocabularySize`");
	return tf.tidy(() => {
		const rows = tf.mul(tf.range(0, batch, 1, "int32"), tf.scalar(size, "int32"));
		const places = tf.add(words, tf.reshape(rows, [batch, 1])); // in one long list of all rows, [B, D]
		const inputs = { weights: tf.reshape(weights, [-1]), places: tf.reshape(places, [-1]) };
		const [sums] = runDifferentiableOp(sumAtPlacesOp, inputs, { length: batch * size }) as [tf.Tensor1D];
		return tf.reshape(sums, [batch, size]);
	});
}

/** `sums[places[n]] += weights[n]`, whose gradient is to look the sums up again. */
const sumAtPlacesOp: DifferentiableOp<{ readonly length: number }> = {
	kernelName: "HeedSumAtPlaces",
	inputsToSave: ["places"],
	gradients: ["weights"],
	outputCount: 1,
	forward: ({ weights, places }, { length }) => [
		tf.scatterND(tf.reshape(places as tf.Tensor1D, [-1, 1]), weights as tf.Tensor1D, [length]),
	],
	backward: ([upstream], { places }) => ({
		weights: tf.gather(upstream as tf.Tensor1D, places as tf.Tensor1D),
	}),
};
