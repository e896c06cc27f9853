import {
	characterTokenizer,
	type Tokenizer,
	Vocabulary,
	type VocabularyJson,
	wordTokenizer,
} from "@heed/nlp";
import { normalizeDate } from "./dates.ts";
import type { Pair } from "./pair.ts";
import type { ModelSettings } from "./settings.ts";

/** The two vocabularies as JSON, stored beside the weights. */
export interface CodecJson {
	readonly source: VocabularyJson;
	readonly target: VocabularyJson;
}

/** Texts to ids and back, on both sides of a translation. */
export interface Codec {
	readonly source: Vocabulary;
	readonly target: Vocabulary;
	/** The tokens of a source text as the model reads them, which label the columns of an alignment. */
	sourceTokens(text: string): string[];
	/** Ids of a source text, with `eos` at the end. */
	encodeSource(text: string): number[];
	/** Ids of a target text, without `bos` and `eos`. */
	encodeTarget(text: string): number[];
	/** The tokens of generated ids, which label the rows of an alignment. */
	targetTokens(ids: ArrayLike<number>): string[];
	/** The text of generated ids. */
	decodeTarget(ids: ArrayLike<number>): string;
}

interface TextForm {
	readonly source: Tokenizer;
	readonly target: Tokenizer;
	normalize(text: string): string;
}

/** Dates are read by character; sentences by word, the source in lower case, which halves the words to learn. */
const forms: Readonly<Record<ModelSettings["task"], TextForm>> = {
	dates: { source: characterTokenizer(), target: characterTokenizer(), normalize: normalizeDate },
	pairs: {
		source: wordTokenizer({ lowercase: true }),
		target: wordTokenizer(),
		normalize: (text) => text.trim(),
	},
};

/** Learns the vocabularies of training pairs. */
export function learnCodec(task: ModelSettings["task"], pairs: readonly Pair[], minCount: number): Codec {
	const { source, target, normalize } = forms[task];
	return createCodec(
		task,
		Vocabulary.fromTokens(
			pairs.map((pair) => source.tokenize(normalize(pair.source))),
			{ minCount },
		),
		Vocabulary.fromTokens(
			pairs.map((pair) => target.tokenize(normalize(pair.target))),
			{ minCount },
		),
	);
}

/** Reads the vocabularies that {@link codecJson} wrote. */
export function readCodec(task: ModelSettings["task"], json: Partial<CodecJson>): Codec {
	return createCodec(task, Vocabulary.fromJSON(json.source), Vocabulary.fromJSON(json.target));
}

/** The vocabularies of a codec. */
export function codecJson(codec: Codec): CodecJson {
	return { source: codec.source.toJSON(), target: codec.target.toJSON() };
}

function createCodec(task: ModelSettings["task"], source: Vocabulary, target: Vocabulary): Codec {
	const form = forms[task];
	const sourceTokens = (text: string): string[] => form.source.tokenize(form.normalize(text));
	return {
		source,
		target,
		sourceTokens,
		encodeSource: (text) => source.encode(sourceTokens(text), { eos: true }),
		encodeTarget: (text) => target.encode(form.target.tokenize(form.normalize(text))),
		targetTokens: (ids) => target.decode(ids),
		decodeTarget: (ids) => form.target.detokenize(target.decode(ids)),
	};
}
