import {
	affixIds,
	type EncodedSentence,
	type EncodedTagging,
	Vocabulary,
	type VocabularyJson,
} from "@heed/nlp";
import type { TaggedSentence } from "./tagged-sentence.ts";

/** Words and tags as JSON, stored beside the weights. */
export interface CodecJson {
	readonly words: VocabularyJson;
	readonly tags: readonly string[];
}

/** Words and tags to ids and back. */
export interface Codec {
	readonly words: Vocabulary;
	/** The tag of each id, the most frequent first. */
	readonly tags: readonly string[];
	/** Ids of words, and of what they look like. */
	encode(words: readonly string[]): EncodedSentence;
	/** The same with the ids of the tags; nothing for a sentence with a tag that was not learned. */
	encodeTagged(sentence: TaggedSentence): EncodedTagging | undefined;
	/** The tags of ids. */
	decode(ids: ArrayLike<number>): string[];
}

/** Learns the words and tags of training sentences. */
export function learnCodec(
	sentences: readonly TaggedSentence[],
	settings: { readonly minCount: number; readonly affixBuckets: number },
): Codec {
	const words = Vocabulary.fromTokens(
		sentences.map((sentence) => sentence.words.map(fold)),
		{ minCount: settings.minCount },
	);
	const tags = Vocabulary.fromTokens(sentences.map((sentence) => sentence.tags)).toJSON().tokens;
	return createCodec(words, tags, settings.affixBuckets);
}

/**
 * Reads what {@link codecJson} wrote.
 *
 * @throws HeedError for what is no vocabulary; Error for tags that are none.
 */
export function readCodec(json: Partial<CodecJson>, affixBuckets: number): Codec {
	const { tags } = json;
	if (!Array.isArray(tags) || tags.length === 0 || tags.some((tag) => typeof tag !== "string")) {
		throw new Error("it has no list of tags.");
	}
	return createCodec(Vocabulary.fromJSON(json.words), tags, affixBuckets);
}

/** What {@link readCodec} reads. */
export function codecJson({ words, tags }: Codec): CodecJson {
	return { words: words.toJSON(), tags };
}

function createCodec(words: Vocabulary, tags: readonly string[], buckets: number): Codec {
	const ids = new Map(tags.map((tag, id) => [tag, id]));
	const known = new Map<string, number[]>(); // the same few words again and again
	const affixesOf = (word: string): number[] => {
		const found = known.get(word) ?? affixIds(word, { buckets });
		known.set(word, found);
		return found;
	};
	const encode = (sentence: readonly string[]): EncodedSentence => ({
		words: sentence.map((word) => words.idOf(fold(word))),
		...(buckets > 0 && { affixes: sentence.map(affixesOf) }),
	});
	return {
		words,
		tags,
		encode,
		encodeTagged(sentence) {
			const own = sentence.tags.map((tag) => ids.get(tag));
			if (!own.every((id) => id !== undefined)) return undefined;
			return { ...encode(sentence.words), tags: own };
		},
		decode: (found) => Array.from(found, (id) => tags[id] ?? ""),
	};
}

/** What a word is looked up as: case and digits are left to what it looks like. */
function fold(word: string): string {
	return word.toLowerCase().replace(/\p{N}/gu, "0");
}
