import { checkDtype, checkNotEmpty, checkShape, HeedError } from "@heed/core";
import { checkIds } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { checkGiven } from "../ops/check-given.ts";
import { liveSteps } from "../recurrent/recurrent-encoder.ts";

/** Documents and questions with a blank, as ids. */
export interface QuestionBatch {
	/** int32 `[batch, document]`. */
	readonly document: tf.Tensor2D;
	/** Valid words per row, int32 `[batch]`. */
	readonly documentLengths: tf.Tensor1D;
	/** int32 `[batch, query]`; the blank is an id of its own. */
	readonly query: tf.Tensor2D;
	/** Valid words per row, int32 `[batch]`. */
	readonly queryLengths: tf.Tensor1D;
	/** The possible answers, int32 `[batch, candidates]`. Default: the whole vocabulary. */
	readonly candidates?: tf.Tensor2D | undefined;
	/** Candidates per row, int32 `[batch]`. Default: all. */
	readonly candidateCounts?: tf.Tensor1D | undefined;
}

/** Questions whose answers are known. */
export interface ClozeBatch extends QuestionBatch {
	/** The word that fills the blank, int32 `[batch]`: an id, not its place among the candidates. */
	readonly answer: tf.Tensor1D;
}

/** True within the length of each row, bool `[batch, width]`. */
export function rowMask(lengths: tf.Tensor1D, width: number): tf.Tensor2D {
	return tf.cast(tf.transpose(liveSteps(lengths, width)), "bool");
}

/** Refuses a batch that does not fit itself or the vocabulary. */
export function checkQuestions(where: string, batch: QuestionBatch, vocabularySize: number): void {
	checkGiven(where, batch);
	const { document, documentLengths, query, queryLengths, candidates, candidateCounts } = batch;
	checkText(where, "document", document, null, vocabularySize);
	const [size] = document.shape;
	checkLengths(where, "documentLengths", documentLengths, document, "document");
	checkText(where, "query", query, size, vocabularySize);
	checkLengths(where, "queryLengths", queryLengths, query, "query");
	if (candidates !== undefined) checkText(where, "candidates", candidates, size, vocabularySize);
	if (candidateCounts === undefined) return;
	if (candidates === undefined) {
		const message = "`candidateCounts` came without `candidates`. Give both, or neither.";
		throw new HeedError("OPTION", where, message);
	}
	checkLengths(where, "candidateCounts", candidateCounts, candidates, "candidates");
}

/**
 * Refuses answers that are no ids, or that cannot be given.
 *
 * @param mustOccur Whether the answer has to be a word of its document.
 */
export function checkAnswers(
	where: string,
	batch: ClozeBatch,
	vocabularySize: number,
	mustOccur: boolean,
): void {
	const { answer, document, documentLengths, candidates, candidateCounts } = batch;
	checkShape(where, "answer", answer, ["batch"], [document.shape[0]], "document");
	checkDtype(where, "answer", answer, "int32");
	checkIds(where, "answer", answer, vocabularySize, "the vocabulary");
	if (mustOccur) checkAmong(where, answer, document, documentLengths, "its document");
	if (candidates !== undefined) checkAmong(where, answer, candidates, candidateCounts, "its candidates");
}

function checkText(where: string, name: string, ids: tf.Tensor, batch: number | null, size: number): void {
	checkShape(where, name, ids, ["batch", name], [batch, null], "document");
	checkDtype(where, name, ids, "int32");
	checkNotEmpty(where, name, ids, ["batch", name]);
	checkIds(where, name, ids, size, "the vocabulary");
}

function checkLengths(where: string, name: string, lengths: tf.Tensor, ids: tf.Tensor2D, of: string): void {
	checkShape(where, name, lengths, ["batch"], [ids.shape[0]], of);
	checkDtype(where, name, lengths, "int32");
	checkIds(where, name, lengths, ids.shape[1] + 1, `the width of ${of}`);
}

/** Only where tensors lie in plain memory, as `checkIds` does. */
function checkAmong(
	where: string,
	answer: tf.Tensor1D,
	ids: tf.Tensor2D,
	lengths: tf.Tensor1D | undefined,
	owner: string,
): void {
	if (!["cpu", "wasm", "tensorflow"].includes(tf.getBackend())) return;
	const [answers, all] = [answer.dataSync<"int32">(), ids.dataSync<"int32">()];
	const counts = lengths?.dataSync<"int32">();
	const [, width] = ids.shape;
	const row = answers.findIndex((id, b) => {
		const start = b * width;
		return !all.subarray(start, start + (counts?.[b] ?? width)).includes(id);
	});
	if (row < 0) return;
	const message = `answer[${row}] is ${answers[row]}, which is not in ${owner}. Leave such questions out.`;
	throw new HeedError("VALUE", where, message);
}
