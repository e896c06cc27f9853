import type { AttentionClassifier } from "@heed/nlp";
import { type Classification, joinPieces } from "./classification.ts";
import { classify } from "./classify.ts";
import type { Piece } from "./document.ts";
import { learnNaiveBayes, likeliest } from "./naive-bayes.ts";
import { type Score, scoreLabels } from "./score.ts";
import type { RunSettings } from "./settings.ts";
import type { TaskData } from "./task-data.ts";

/** How well somebody classifies the held-out texts. */
export interface Judgement {
	/** Who. */
	readonly name: string;
	readonly pieces: Score;
	readonly documents: Score;
}

/** A held-out piece as the model reads it. */
export interface Sample {
	readonly piece: Piece;
	readonly classification: Classification;
}

/** What {@link judge} finds. */
export interface Verdict {
	readonly model: Judgement;
	/** What it has to be better than. */
	readonly baselines: readonly Judgement[];
	readonly samples: readonly Sample[];
}

/**
 * Classifies the held-out pieces, and by the sums of their log-probabilities the held-out documents, and compares: with the labels,
 * with naive Bayes on the same words and the same split, and with always giving the most frequent label.
 */
export async function judge(
	model: AttentionClassifier,
	data: TaskData,
	{ samples }: RunSettings,
): Promise<Verdict> {
	const { codec, heldOut, train, validation } = data;
	const found = await classify(
		model,
		codec,
		heldOut.map(({ sentences }) => sentences),
	);
	const shown = spread(heldOut, samples);
	const looked = await classify(
		model,
		codec,
		shown.map(({ sentences }) => sentences),
		{ look: true },
	);
	const sizes = { classes: codec.labels.length, words: codec.words.size };
	const bayes = learnNaiveBayes(train, validation, sizes);
	const documents = byDocument(heldOut);
	const labelOf = (scores: ArrayLike<number>): string => codec.labels[likeliest(scores)] ?? "";
	const most = labelOf(countLabels(data));
	const judgement = (
		name: string,
		ofPiece: (index: number) => string,
		ofDocument: (indices: readonly number[]) => string,
	): Judgement => ({
		name,
		pieces: scoreLabels(
			heldOut.map((_, index) => ofPiece(index)),
			heldOut.map(({ label }) => label),
		),
		documents: scoreLabels(
			documents.map(ofDocument),
			documents.map(([first = 0]) => heldOut[first]?.label ?? ""),
		),
	});
	const at = (indices: readonly number[]): Classification[] =>
		indices.map((index) => found[index]).filter((piece) => piece !== undefined);
	const bag = (indices: readonly number[]): string =>
		labelOf(bayes.classify(codec.encode(indices.flatMap((index) => heldOut[index]?.sentences ?? []))));
	return {
		model: judgement(
			"this model",
			(index) => labelOf(found[index]?.logProbabilities ?? []),
			(indices) => labelOf(joinPieces(at(indices)).logProbabilities),
		),
		baselines: [
			judgement(`naive Bayes, α ${bayes.smoothing}`, (index) => bag([index]), bag),
			judgement(
				`always ${most}`,
				() => most,
				() => most,
			),
		],
		samples: shown.flatMap((piece, i) => {
			const classification = looked[i];
			return classification === undefined ? [] : [{ piece, classification }];
		}),
	};
}

/** The indices of the pieces of each document. */
function byDocument(pieces: readonly Piece[]): number[][] {
	const documents = new Map<string, number[]>();
	pieces.forEach(({ document }, index) => {
		const own = documents.get(document);
		if (own === undefined) documents.set(document, [index]);
		else own.push(index);
	});
	return [...documents.values()];
}

/** How many training pieces have each label. */
function countLabels({ codec, train }: TaskData): number[] {
	return codec.labels.map((_, id) => train.filter(({ label }) => label === id).length);
}

/** So many items, evenly chosen: files are often sorted by label. */
function spread<Item>(items: readonly Item[], wanted: number): Item[] {
	const count = Math.min(wanted, items.length);
	return Array.from(
		{ length: count },
		(_, i) => items[Math.floor(((i + 0.5) * items.length) / count)],
	).filter((item) => item !== undefined);
}
