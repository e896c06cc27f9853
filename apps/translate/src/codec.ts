import {
	characterTokenizer,
	ExtendedVocabulary,
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
	/** The tokens of a source text, in their own case: they label the columns of an alignment. */
	sourceTokens(text: string): string[];
	/** Ids of a source text, with `eos` at the end. */
	encodeSource(text: string): number[];
	/** The target vocabulary and the words of a source text that it lacks: what a model that copies can say of it. */
	copying(text: string): ExtendedVocabulary;
	/** Ids of a target text, from `bos` to `eos`. */
	encodeTarget(text: string, vocabulary?: TargetVocabulary): number[];
	/** The tokens of generated ids, which label the rows of an alignment. */
	targetTokens(ids: ArrayLike<number>, vocabulary?: TargetVocabulary): string[];
	/**
	 * The text of generated ids.
	 *
	 * @param unknown What to write for an unknown word, given its position; default `<unk>`.
	 */
	decodeTarget(
		ids: ArrayLike<number>,
		unknown?: (position: number) => string,
		vocabulary?: TargetVocabulary,
	): string;
}

/** The vocabulary of the target, or that of {@link Codec.copying}. */
export type TargetVocabulary = Pick<Vocabulary, "encode" | "decode">;

interface TextForm {
	readonly tokenizer: Tokenizer;
	/** Brings a text into the form that is tokenised. */
	normalize(text: string): string;
	/** What a source token is looked up as. */
	fold(token: string): string;
}

/** Dates are read by character; sentences by word, where the case of a source word does not matter. */
const forms: Readonly<Record<ModelSettings["task"], TextForm>> = {
	dates: { tokenizer: characterTokenizer(), normalize: normalizeDate, fold: (token) => token },
	pairs: {
		tokenizer: wordTokenizer(),
		normalize: (text) => text.trim(),
		fold: (token) => token.toLowerCase(),
	},
};

/** Learns the vocabularies of training pairs. */
export function learnCodec(task: ModelSettings["task"], pairs: readonly Pair[], minCount: number): Codec {
	const { tokenizer, normalize, fold } = forms[task];
	const sources = pairs.map(({ source }) => tokenizer.tokenize(normalize(source)).map(fold));
	const targets = pairs.map(({ target }) => tokenizer.tokenize(normalize(target)));
	return createCodec(
		task,
		Vocabulary.fromTokens(sources, { minCount }),
		Vocabulary.fromTokens(targets, { minCount }),
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
	const { tokenizer, normalize, fold } = forms[task];
	const tokensOf = (text: string): string[] => tokenizer.tokenize(normalize(text));
	return {
		source,
		target,
		sourceTokens: tokensOf,
		encodeSource: (text) => source.encode(tokensOf(text).map(fold), { eos: true }),
		copying: (text) => new ExtendedVocabulary(target, tokensOf(text)),
		encodeTarget: (text, vocabulary = target) => vocabulary.encode(tokensOf(text), { bos: true, eos: true }),
		targetTokens: (ids, vocabulary = target) => vocabulary.decode(ids),
		decodeTarget(ids, unknown = () => target.tokenOf(Vocabulary.unk), vocabulary = target) {
			const first = ids[0] === Vocabulary.bos ? 1 : 0;
			const written = vocabulary
				.decode(ids)
				.map((token, i) => (ids[first + i] === Vocabulary.unk ? unknown(i) : token));
			return tokenizer.detokenize(written);
		},
	};
}
