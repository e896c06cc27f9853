import { checkDtype, checkNotEmpty, checkRank, checkShape, HeedError } from "@heed/core";
import { checkIds } from "@heed/layers";
import type * as tf from "@tensorflow/tfjs-core";
import { checkGiven } from "../ops/check-given.ts";
import type { ResolvedAttentionClassifierConfig } from "./classifier-config.ts";

/** Documents as ids. */
export interface DocumentBatch {
	/** int32 `[batch, words]`; of a hierarchical classifier `[batch, sentences, words]`. */
	readonly tokens: tf.Tensor2D | tf.Tensor3D;
	/** Words per document, int32 `[batch]`; of a hierarchical classifier words per sentence, `[batch, sentences]`. */
	readonly wordLengths: tf.Tensor1D | tf.Tensor2D;
	/** Sentences per document, int32 `[batch]`: only of a hierarchical classifier. */
	readonly sentenceLengths?: tf.Tensor1D | undefined;
}

/** Documents and their classes. */
export interface LabelledDocuments extends DocumentBatch {
	/** int32 `[batch]`. */
	readonly labels: tf.Tensor1D;
}

/** Refuses documents that a classifier of this config cannot read. */
export function checkDocuments(
	where: string,
	batch: DocumentBatch,
	config: ResolvedAttentionClassifierConfig,
): void {
	checkGiven(where, batch);
	const { tokens, wordLengths, sentenceLengths } = batch;
	const axes = config.hierarchical ? ["batch", "sentences", "words"] : ["batch", "words"];
	checkRank(where, "tokens", tokens, axes);
	checkDtype(where, "tokens", tokens, "int32");
	const rows = tokens.shape.slice(0, -1);
	checkShape(where, "wordLengths", wordLengths, axes.slice(0, -1), rows, "tokens");
	checkDtype(where, "wordLengths", wordLengths, "int32");
	if (config.hierarchical) {
		checkShape(where, "sentenceLengths", sentenceLengths as tf.Tensor, ["batch"], rows.slice(0, 1), "tokens");
		checkDtype(where, "sentenceLengths", sentenceLengths as tf.Tensor, "int32");
	} else if (sentenceLengths !== undefined) {
		const message = "`sentenceLengths` came, but the classifier is not `hierarchical`. Leave them out.";
		throw new HeedError("OPTION", where, message);
	}
	checkNotEmpty(where, "tokens", tokens, axes);
	checkIds(where, "tokens", tokens, config.vocabularySize, "the vocabulary");
	checkIds(where, "wordLengths", wordLengths, (tokens.shape.at(-1) as number) + 1, "the width of tokens");
	if (sentenceLengths === undefined) return;
	checkIds(where, "sentenceLengths", sentenceLengths, (rows[1] as number) + 1, "the sentences of tokens");
}

/** Refuses documents that a classifier of this config cannot learn from. */
export function checkLabelled(
	where: string,
	batch: LabelledDocuments,
	config: ResolvedAttentionClassifierConfig,
): void {
	checkDocuments(where, batch, config);
	checkShape(where, "labels", batch.labels, ["batch"], batch.tokens.shape.slice(0, 1), "tokens");
	checkDtype(where, "labels", batch.labels, "int32");
	checkIds(where, "labels", batch.labels, config.classes, "the classes of the config");
}
