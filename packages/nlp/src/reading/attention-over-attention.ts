import { checkDtype, checkNotEmpty, checkOptions, checkRank, checkShape, maskedSoftmax } from "@heed/core";
import { isCapturing, recordAttention, whereLive } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";

/** Options of {@link attentionOverAttention}. */
export interface AttentionOverAttentionOptions {
	/** True = a word of the document, bool `[batch, document]`. Default: all. */
	readonly documentMask?: tf.Tensor2D | undefined;
	/** True = a word of the query, bool `[batch, query]`. Default: all. */
	readonly queryMask?: tf.Tensor2D | undefined;
}

/** What {@link attentionOverAttention} returns. */
export interface AttentionOverAttention {
	/** s: how much each word of the document answers the query, `[batch, document]`. Each row adds up to 1. */
	readonly attention: tf.Tensor2D;
	/** α: where each word of the query looks in the document, `[batch, query, document]`. Each row adds up to 1. */
	readonly byWord: tf.Tensor3D;
	/** β: how much each word of the query matters, `[batch, query]`. Each row adds up to 1. */
	readonly importance: tf.Tensor2D;
}

/**
 * Attention that says how much to trust each of many attentions: every word of a query attends to a document, and every
 * word of the document votes on which words of the query matter.
 *
 *     M_ij = document_i · query_j
 *     α_j  = softmax over the document of M_·j           one attention for each word of the query
 *     β    = mean over the document's words i of softmax over the query of M_i·
 *     s    = Σ_j β_j α_j
 *
 * Masked words take no part on either side, whatever their vectors hold, NaN too, and the mean divides by the words that are there. A row without a document
 * or without a query is all zeros, and so is its gradient. There are no weights in here: what reads the two texts,
 * usually a recurrent net for each, learns to make their vectors meet. {@link sumByWord} turns `s` into an answer.
 *
 * Under `captureAttention` it records α as `attentionOverAttention`, `['batch', 'query', 'key']`, then s and β as
 * `attentionOverAttention/document`, `['batch', 'key']`, and `attentionOverAttention/query`, `['batch', 'query']`.
 *
 * Cui et al. 2016, "Attention-over-Attention Neural Networks for Reading Comprehension",
 * https://arxiv.org/abs/1607.04423
 *
 * When not to use it: where the answer is no word of the document. It points, and cannot say what is not there.
 *
 * @param document One vector per word, float32 `[batch, document, size]`.
 * @param query One vector per word, float32 `[batch, query, size]`.
 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`.
 */
export function attentionOverAttention(
	document: tf.Tensor3D,
	query: tf.Tensor3D,
	options: AttentionOverAttentionOptions = {},
): AttentionOverAttention {
	const where = "attentionOverAttention";
	checkOptions(where, options, ["documentMask", "queryMask"]);
	checkRank(where, "document", document, ["batch", "document", "size"]);
	checkDtype(where, "document", document, "float32");
	const [batch, documentLength, size] = document.shape;
	checkShape(where, "query", query, ["batch", "query", "size"], [batch, null, size], "document");
	checkDtype(where, "query", query, "float32");
	const [, queryLength] = query.shape;
	checkMask(where, "documentMask", options.documentMask, "document", document);
	checkMask(where, "queryMask", options.queryMask, "query", query);
	checkNotEmpty(where, "document", document, ["batch", "document", "size"]);
	checkNotEmpty(where, "query", query, ["batch", "query", "size"]);
	return tf.tidy(() => {
		const all = (length: number): tf.Tensor2D => tf.ones([batch, length], "bool");
		const { documentMask = all(documentLength), queryMask = all(queryLength) } = options;
		const read = whereLive(document, documentMask); // what is masked may be NaN, which a weight of 0 keeps in
		const scores = tf.matMul(whereLive(query, queryMask), read, false, true) as tf.Tensor3D; // [B, Q, D]
		const mask = tf.logicalAnd(
			tf.reshape(queryMask, [batch, queryLength, 1]),
			tf.reshape(documentMask, [batch, 1, documentLength]),
		); // [B, Q, D]
		const byWord = maskedSoftmax(scores, mask); // [B, Q, D]
		const votes = maskedSoftmax(scores, mask, { axis: 1 }); // [B, Q, D]
		const words = tf.maximum(tf.sum(tf.cast(documentMask, "float32"), 1, true), 1); // [B, 1]
		const importance = tf.div(tf.sum(votes, 2), words) as tf.Tensor2D; // [B, Q]
		const weighed = tf.mul(byWord, tf.reshape(importance, [batch, queryLength, 1])); // [B, Q, D]
		const attention = tf.sum(weighed, 1) as tf.Tensor2D; // [B, D]
		record({ attention, byWord, importance });
		return { attention, byWord, importance };
	});
}

function checkMask(
	where: string,
	name: string,
	mask: tf.Tensor | undefined,
	side: "document" | "query",
	text: tf.Tensor3D,
): void {
	if (mask === undefined) return;
	const [batch, length] = text.shape;
	checkShape(where, name, mask, ["batch", side], [batch, length], side);
	checkDtype(where, name, mask, "bool");
}

function record({ attention, byWord, importance }: AttentionOverAttention): void {
	if (!isCapturing()) return;
	const kind = "attentionOverAttention";
	recordAttention({ layer: kind, kind, axes: ["batch", "query", "key"], weights: byWord });
	recordAttention({ layer: kind, kind: `${kind}/document`, axes: ["batch", "key"], weights: attention });
	recordAttention({ layer: kind, kind: `${kind}/query`, axes: ["batch", "query"], weights: importance });
}
