import { Vocabulary, type VocabularyJson } from "@heed/nlp";
import type { Question } from "./video.ts";

/** Words and answers as JSON, stored beside the weights. */
export interface CodecJson {
	readonly words: VocabularyJson;
	readonly answers: readonly string[];
	readonly seenClasses: number;
}

/** Questions to ids, and answers by their ids. */
export interface Codec {
	readonly words: Vocabulary;
	/** The answer of each id. */
	readonly answers: readonly string[];
	/** Classes that are told to be seen in the frames of a training; 0: none. */
	readonly seenClasses: number;
	/** The ids of the words of a question. */
	encode(text: string): number[];
	/** The words of a question that were not learned, each once. */
	unknownWords(text: string): string[];
}

/** Learns the words and answers of training questions. */
export function learnCodec(questions: readonly Question[], seenClasses: number): Codec {
	const words = Vocabulary.fromTokens(questions.map(({ text }) => wordsOf(text)));
	const answers = Vocabulary.fromTokens(questions.map(({ answer }) => [answer])).toJSON().tokens;
	return createCodec(words, answers, seenClasses);
}

/**
 * Reads what {@link codecJson} wrote.
 *
 * @throws HeedError for what is no vocabulary; Error for answers that are none.
 */
export function readCodec(json: Partial<CodecJson>): Codec {
	const { answers, seenClasses } = json;
	if (
		!Array.isArray(answers) ||
		answers.length === 0 ||
		answers.some((answer) => typeof answer !== "string")
	) {
		throw new Error("it has no list of answers.");
	}
	if (typeof seenClasses !== "number") throw new Error("it does not say what is seen.");
	return createCodec(Vocabulary.fromJSON(json.words), answers, seenClasses);
}

/** What {@link readCodec} reads. */
export function codecJson({ words, answers, seenClasses }: Codec): CodecJson {
	return { words: words.toJSON(), answers, seenClasses };
}

/** The words of a question, in lower case and without punctuation. */
function wordsOf(text: string): string[] {
	return text.toLowerCase().match(/[\p{L}\p{N}]+(?:'\p{L}+)?/gu) ?? [];
}

function createCodec(words: Vocabulary, answers: readonly string[], seenClasses: number): Codec {
	return {
		words,
		answers,
		seenClasses,
		encode: (text) => wordsOf(text).map((word) => words.idOf(word)),
		unknownWords: (text) => [...new Set(wordsOf(text).filter((word) => !words.has(word)))],
	};
}
