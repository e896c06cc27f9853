import { HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { checkList, checkParts } from "../ops/check-given.ts";
import type { PairBatch } from "../text/batch-pairs.ts";
import type { ExtendedVocabulary } from "../text/extended-vocabulary.ts";
import { padRows, toTensors } from "../text/pad-batch.ts";

/** Source sentences as ids. */
export interface SourceBatch {
	/** int32 `[batch, source]`. */
	readonly source: tf.Tensor2D;
	/** Valid tokens per row, int32 `[batch]`. */
	readonly sourceLengths: tf.Tensor1D;
	/**
	 * For a model that copies: what each position of the source is among the target's ids, int32 `[batch, source]`. An id of
	 * the target vocabulary, or one behind it for a word of this row that the vocabulary lacks; see `ExtendedVocabulary`.
	 * Default: the ids of the source, if both sides have equally many.
	 */
	readonly copyIds?: tf.Tensor2D | undefined;
	/** How many ids there are behind the target vocabulary: the most that a row of `copyIds` has. Default 0. */
	readonly extraTokens?: number | undefined;
}

/** Pairs of sentences as ids. */
export interface Seq2SeqBatch extends SourceBatch {
	/** From BOS to EOS, int32 `[batch, target]`; for a model that copies with the same extra ids as `copyIds`. */
	readonly target: tf.Tensor2D;
	/** Valid tokens per row, BOS and EOS counted, int32 `[batch]`. */
	readonly targetLengths: tf.Tensor1D;
}

/**
 * The tensors of a batch of `batchPairs` or `padPairs`, int32 `[batch, source]` and `[batch, target]` with their lengths `[batch]`; the
 * caller disposes them.
 *
 * @param copies What each row can copy, for a model that does: of all of its sources, in the order of the rows.
 * @throws HeedError `VALUE` if there are more or fewer of them than rows.
 */
export function toSeq2SeqBatch(
	batch: Pick<PairBatch, "source" | "target">,
	copies?: readonly Pick<ExtendedVocabulary, "copyIds" | "words">[],
): Seq2SeqBatch {
	checkParts(
		"toSeq2SeqBatch",
		"the batch",
		batch,
		["source", "target"],
		"what `batchPairs` or `padPairs` gives",
	);
	const copied = copies && copiedFields("toSeq2SeqBatch", copies, batch.source.shape);
	const source = toTensors(batch.source);
	const target = toTensors(batch.target);
	return {
		source: source.ids,
		sourceLengths: source.lengths,
		target: target.ids,
		targetLengths: target.lengths,
		...copied,
	};
}

/** What a model that copies must know of a batch whose source is `[rows, length]`; the caller disposes the tensor. */
export function copyFields(
	copies: readonly Pick<ExtendedVocabulary, "copyIds" | "words">[],
	shape: readonly [number, number],
): { readonly copyIds: tf.Tensor2D; readonly extraTokens: number } {
	return copiedFields("copyFields", copies, shape);
}

function copiedFields(
	where: string,
	copies: readonly Pick<ExtendedVocabulary, "copyIds" | "words">[],
	shape: readonly [number, number],
): ReturnType<typeof copyFields> {
	checkList(where, "copies", copies);
	checkList(where, "shape", shape);
	const [rows, length] = shape;
	if (copies.length !== rows) {
		const message = `${copies.length} vocabularies came for ${rows} rows; expected one for each.`;
		throw new HeedError("VALUE", where, message);
	}
	const ids = copies.map(({ copyIds }) => copyIds);
	const long = ids.findIndex((own) => own.length > length);
	if (long >= 0) {
		const message = `copies[${long}] has ${ids[long]?.length} ids for a source of ${length}; expected as many at most.`;
		throw new HeedError("VALUE", where, message);
	}
	const names = { where, all: "copies", nameOf: (row: number): string => `copies[${row}].copyIds` };
	const padded = padRows(names, ids, { length });
	return {
		copyIds: tf.tensor2d(padded.ids, [rows, length], "int32"),
		extraTokens: Math.max(0, ...copies.map(({ words }) => words.length)),
	};
}
