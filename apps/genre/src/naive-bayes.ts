import type { EncodedPiece } from "./codec.ts";

/** The log-likelihoods of a bag of words by label, from `P(label) Π P(word | label)`. */
export type BagOfWords = (sentences: readonly (readonly number[])[]) => Float64Array;

/** Added to the count of every word, so that none is impossible. Which of these is decided by the validation pieces. */
const smoothings = [1, 0.3, 0.1, 0.03, 0.01];

/**
 * Naive Bayes over words, what a classifier with attention has to be better than:
 *
 *     P(word | label) = (count(word, label) + α) / (words of label + α · vocabulary)
 *
 * @param classes The number of labels.
 * @param words The number of ids of words.
 */
export function learnNaiveBayes(
	train: readonly EncodedPiece[],
	validation: readonly EncodedPiece[],
	{ classes, words }: { readonly classes: number; readonly words: number },
): { readonly classify: BagOfWords; readonly smoothing: number } {
	const counts = Array.from({ length: classes }, () => new Float64Array(words));
	const pieces = new Float64Array(classes);
	for (const { label, sentences } of train) {
		const own = counts[label] ?? new Float64Array(0);
		pieces[label] = (pieces[label] ?? 0) + 1;
		for (const id of sentences.flat()) own[id] = (own[id] ?? 0) + 1;
	}
	const candidates = smoothings.map((smoothing) => {
		const classify = withSmoothing(counts, pieces, smoothing);
		const right = validation.filter(({ sentences, label }) => likeliest(classify(sentences)) === label);
		return { classify, smoothing, right: right.length };
	});
	return candidates.reduce((best, other) => (other.right > best.right ? other : best));
}

function withSmoothing(counts: readonly Float64Array[], pieces: Float64Array, smoothing: number): BagOfWords {
	const all = pieces.reduce((sum, count) => sum + count, 0);
	const priors = pieces.map((count) => Math.log(count / all));
	const logs = counts.map((own) => {
		const total = own.reduce((sum, count) => sum + count, 0) + smoothing * own.length;
		return own.map((count) => Math.log((count + smoothing) / total));
	});
	return (sentences) => {
		const ids = sentences.flat();
		return priors.map((prior, label) => ids.reduce((sum, id) => sum + (logs[label]?.[id] ?? 0), prior));
	};
}

/** The place of the largest number. */
export function likeliest(scores: ArrayLike<number>): number {
	return Array.from(scores).reduce((best, score, i, all) => (score > (all[best] ?? -Infinity) ? i : best), 0);
}
