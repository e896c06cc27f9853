import { checkDtype, checkNotEmpty, checkNumber, checkShape, HeedError } from "@heed/core";
import { checkIds } from "@heed/layers";
import type * as tf from "@tensorflow/tfjs-core";
import { checkGiven } from "../ops/check-given.ts";
import type { Seq2SeqBatch, SourceBatch } from "./seq2seq-batch.ts";

/** What must be known of a model to judge a batch. */
export interface BatchLimits {
	readonly sourceVocabularySize: number;
	readonly targetVocabularySize: number;
	/** Whether the model copies words of the source. Default false. */
	readonly copy?: boolean;
}

/** What can be copied from the source of each row. */
export type Copies = {
	/** What each position is in the target vocabulary or behind it, int32 `[rows, source]`. */
	readonly ids: tf.Tensor2D;
	/** How many ids there are behind the target vocabulary. */
	readonly extraTokens: number;
};

/** What a batch says about copying, or the ids of the source. */
export function copiesOf({ source, copyIds, extraTokens }: SourceBatch): Copies {
	return { ids: copyIds ?? source, extraTokens: extraTokens ?? 0 };
}

/** Refuses a source whose shapes do not fit, without a look at its numbers. */
export function checkSourceShapes(where: string, batch: SourceBatch): void {
	checkGiven(where, batch);
	const { source, sourceLengths } = batch;
	checkShape(where, "source", source, ["batch", "source"], [null, null], "a batch");
	checkDtype(where, "source", source, "int32");
	checkShape(where, "sourceLengths", sourceLengths, ["batch"], [source.shape[0]], "source");
	checkDtype(where, "sourceLengths", sourceLengths, "int32");
	checkNotEmpty(where, "source", source, ["batch", "source"]);
}

/** Refuses a source that a model cannot read. */
export function checkSource(where: string, batch: SourceBatch, limits: BatchLimits): void {
	checkSourceShapes(where, batch);
	const { source, sourceLengths } = batch;
	checkIds(where, "source", source, limits.sourceVocabularySize, "the source vocabulary");
	checkIds(where, "sourceLengths", sourceLengths, source.shape[1] + 1, "the width of source");
	if (limits.copy) checkCopies(where, batch, limits);
}

/** Refuses pairs that a model cannot learn from. */
export function checkBatch(where: string, batch: Seq2SeqBatch, limits: BatchLimits): void {
	checkSource(where, batch, limits);
	const { source, target, targetLengths } = batch;
	const [size] = source.shape;
	checkShape(where, "target", target, ["batch", "target"], [size, null], "source");
	checkDtype(where, "target", target, "int32");
	checkShape(where, "targetLengths", targetLengths, ["batch"], [size], "source");
	checkDtype(where, "targetLengths", targetLengths, "int32");
	const [, length] = target.shape;
	if (length < 2) {
		const message = `target has length ${length}; expected at least 2, from BOS to EOS.`;
		throw new HeedError("SHAPE", where, message);
	}
	const classes = limits.targetVocabularySize + (limits.copy ? copiesOf(batch).extraTokens : 0);
	checkIds(where, "target", target, classes, "the target vocabulary");
	checkIds(where, "targetLengths", targetLengths, length + 1, "the width of target");
}

function checkCopies(where: string, batch: SourceBatch, limits: BatchLimits): void {
	const { sourceVocabularySize, targetVocabularySize } = limits;
	const { ids, extraTokens } = copiesOf(batch);
	checkNumber(where, "extraTokens", extraTokens, { integer: true, min: 0 });
	if (batch.copyIds === undefined) {
		if (sourceVocabularySize === targetVocabularySize) return;
		const message = `no \`copyIds\` came, and there are ${sourceVocabularySize} source and ${targetVocabularySize} target ids: a model that copies must know what the words of the source are among the target's. See ExtendedVocabulary.`;
		throw new HeedError("VALUE", where, message);
	}
	checkShape(where, "copyIds", ids, ["batch", "source"], batch.source.shape, "source");
	checkDtype(where, "copyIds", ids, "int32");
	checkIds(
		where,
		"copyIds",
		ids,
		targetVocabularySize + extraTokens,
		"the target vocabulary and extraTokens",
	);
}
