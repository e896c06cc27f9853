import { Vocabulary, type VocabularyJson } from "@heed/nlp";
import type { Piece } from "./document.ts";

/** Words and labels as JSON, stored beside the weights. */
export interface CodecJson {
	readonly words: VocabularyJson;
	readonly labels: readonly string[];
}

/** A piece as ids. */
export interface EncodedPiece {
	/** The words of each sentence. */
	readonly sentences: readonly (readonly number[])[];
	readonly label: number;
}

/** Words and labels to ids. */
export interface Codec {
	readonly words: Vocabulary;
	/** The label of each id, the most frequent first. */
	readonly labels: readonly string[];
	/** Ids of the words of each sentence. */
	encode(sentences: readonly (readonly string[])[]): number[][];
	/** The same with the id of the label; nothing for a label that was not learned. */
	encodePiece(piece: Piece): EncodedPiece | undefined;
}

/**
 * Learns the words and labels of training pieces.
 *
 * @param minDocuments Words of fewer documents are left out: names of one story say nothing about another.
 */
export function learnCodec(pieces: readonly Piece[], minDocuments: number): Codec {
	const documents = new Map<string, Set<string>>();
	for (const { document, sentences } of pieces) {
		const words = documents.get(document) ?? new Set();
		documents.set(document, words);
		for (const word of sentences.flat()) words.add(fold(word));
	}
	const words = Vocabulary.fromTokens(
		[...documents.values()].map((own) => [...own]),
		{ minCount: minDocuments },
	);
	const { tokens: labels } = Vocabulary.fromTokens(pieces.map(({ label }) => [label])).toJSON();
	return createCodec(words, labels);
}

/**
 * Reads what {@link codecJson} wrote.
 *
 * @throws HeedError for what is no vocabulary; Error for labels that are none.
 */
export function readCodec({ words, labels }: Partial<CodecJson>): Codec {
	if (!Array.isArray(labels) || labels.length === 0 || labels.some((label) => typeof label !== "string")) {
		throw new Error("it has no list of labels.");
	}
	return createCodec(Vocabulary.fromJSON(words), labels);
}

/** What {@link readCodec} reads. */
export function codecJson({ words, labels }: Codec): CodecJson {
	return { words: words.toJSON(), labels };
}

function createCodec(words: Vocabulary, labels: readonly string[]): Codec {
	const ids = new Map(labels.map((label, id) => [label, id]));
	const encode = (sentences: readonly (readonly string[])[]): number[][] =>
		sentences.map((sentence) => sentence.map((word) => words.idOf(fold(word))));
	return {
		words,
		labels,
		encode,
		encodePiece({ label, sentences }) {
			const id = ids.get(label);
			return id === undefined ? undefined : { sentences: encode(sentences), label: id };
		},
	};
}

/** What a word is looked up as: without case, and with all digits alike. */
function fold(word: string): string {
	return word.toLowerCase().replace(/\p{N}/gu, "0");
}
