import { HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { checkList } from "../ops/check-given.ts";
import { padRows, toTensors } from "../text/pad-batch.ts";

/** Sentences as ids. */
export interface SentenceBatch {
	/** int32 `[batch, length]`. */
	readonly words: tf.Tensor2D;
	/** Words per sentence, int32 `[batch]`. */
	readonly lengths: tf.Tensor1D;
	/** What each word looks like, of `affixIds`: int32 `[batch, length, affixes]`. For a tagger with `affixBuckets`. */
	readonly affixes?: tf.Tensor3D | undefined;
}

/** Sentences and their tags as ids. */
export interface TaggedBatch extends SentenceBatch {
	/** int32 `[batch, length]`; any number past a length. */
	readonly tags: tf.Tensor2D;
}

/** A sentence as ids. */
export interface EncodedSentence {
	readonly words: ArrayLike<number>;
	/** The ids of `affixIds` for each word. */
	readonly affixes?: readonly ArrayLike<number>[] | undefined;
}

/** A sentence and its tags as ids. */
export interface EncodedTagging extends EncodedSentence {
	readonly tags: ArrayLike<number>;
}

/**
 * The tensors of sentences; the caller disposes them.
 *
 * @throws HeedError `VALUE` for no sentences, or words of which some have other numbers of affixes than others.
 */
export function toSentenceBatch(sentences: readonly EncodedSentence[]): SentenceBatch {
	return sentenceTensors("toSentenceBatch", sentences);
}

function sentenceTensors(where: string, sentences: readonly EncodedSentence[]): SentenceBatch {
	checkList(where, "sentences", sentences);
	const rows = sentences.map(({ words }) => words);
	const padded = padRows({ where, all: "sentences", nameOf: (row) => `sentences[${row}].words` }, rows);
	const affixes = padAffixes(where, sentences, padded.shape[1]);
	const { ids: words, lengths } = toTensors(padded);
	return { words, lengths, ...(affixes && { affixes: tf.tensor3d(affixes.ids, affixes.shape, "int32") }) };
}

/**
 * The tensors of sentences and their tags, padded to the longest, `[batch, words]`; the caller disposes them.
 *
 * @throws HeedError `VALUE` as for {@link toSentenceBatch}, and for a sentence that has not one tag per word.
 */
export function toTaggedBatch(sentences: readonly EncodedTagging[]): TaggedBatch {
	const where = "toTaggedBatch";
	checkList(where, "sentences", sentences);
	sentences.forEach(({ words, tags }, row) => {
		if (words.length === tags.length) return;
		const message = `sentences[${row}] has ${words.length} words and ${tags.length} tags; expected as many of each.`;
		throw new HeedError("VALUE", where, message);
	});
	const rows = sentences.map((sentence) => sentence.tags);
	const tags = padRows({ where, all: "sentences", nameOf: (row) => `sentences[${row}].tags` }, rows);
	return { ...sentenceTensors(where, sentences), tags: tf.tensor2d(tags.ids, [...tags.shape], "int32") };
}

function padAffixes(
	where: string,
	sentences: readonly EncodedSentence[],
	length: number,
): { readonly ids: Int32Array; readonly shape: [number, number, number] } | undefined {
	const first = sentences.find(({ affixes = [] }) => affixes.length > 0)?.affixes?.[0];
	if (first === undefined && sentences.some(({ affixes }) => affixes === undefined)) return undefined;
	const count = first?.length ?? 1; // of sentences without a word
	const ids = new Int32Array(sentences.length * length * count);
	sentences.forEach(({ words, affixes = [] }, row) => {
		const wrong = affixes.findIndex((own) => own.length !== count);
		if (affixes.length !== words.length || wrong >= 0) {
			const came =
				wrong >= 0
					? `affixes[${wrong}] has ${affixes[wrong]?.length} ids; expected ${count}`
					: `${words.length} words and affixes for ${affixes.length}; expected as many`;
			throw new HeedError("VALUE", where, `sentences[${row}]: ${came}, as in the others.`);
		}
		affixes.forEach((own, place) => {
			ids.set(own, (row * length + place) * count);
		});
	});
	return { ids, shape: [sentences.length, length, count] };
}
