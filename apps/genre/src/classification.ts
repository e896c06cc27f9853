/** A sentence, and how much it was looked at. */
export interface ReadSentence {
	readonly words: readonly string[];
	/** The share of the text's attention, 0 to 1; absent for a model without attention. */
	readonly weight?: number;
	/** The share of the sentence's attention, by word; absent for a model without attention. */
	readonly wordWeights?: readonly number[];
}

/** What a piece is taken for, and where it was looked at. */
export interface Classification {
	/** The log-probability of each label, in the order of the labels. */
	readonly logProbabilities: readonly number[];
	readonly sentences: readonly ReadSentence[];
}

/** A label and how probable it is. */
export interface LabelProbability {
	readonly label: string;
	readonly probability: number;
}

/**
 * Several pieces of a text as one: the log-probabilities add up, and each piece has the same share of the attention.
 *
 * @param pieces At least one.
 */
export function joinPieces(pieces: readonly Classification[]): Classification {
	const [first] = pieces;
	const logProbabilities = (first?.logProbabilities ?? []).map((_, label) =>
		pieces.reduce((sum, piece) => sum + (piece.logProbabilities[label] ?? 0), 0),
	);
	const sentences = pieces.flatMap((piece) =>
		piece.sentences.map((sentence) => ({
			...sentence,
			...(sentence.weight !== undefined && { weight: sentence.weight / pieces.length }),
		})),
	);
	return { logProbabilities, sentences };
}

/**
 * The labels, the most probable first.
 *
 * @param pieces The number of pieces whose log-probabilities were added. Their mean is what is shown: the order is the same, and the
 *   sum would be surer than anybody can be, because pieces of one text have much in common.
 */
export function rankLabels(
	logProbabilities: readonly number[],
	labels: readonly string[],
	pieces = 1,
): LabelProbability[] {
	const means = logProbabilities.map((value) => value / pieces);
	const largest = Math.max(...means);
	const parts = means.map((mean) => Math.exp(mean - largest));
	const total = parts.reduce((sum, part) => sum + part, 0);
	return labels
		.map((label, i) => ({ label, probability: (parts[i] ?? 0) / total }))
		.sort((a, b) => b.probability - a.probability);
}
