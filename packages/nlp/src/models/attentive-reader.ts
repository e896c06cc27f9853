import { additiveScore, maskedSoftmax } from "@heed/core";
import { isCapturing, project, recordAttention } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { contextOf } from "../attention/context-of.ts";
import type { ReadTexts } from "./cloze-reader.ts";
import { type AttentiveReaderConfig, resolveAttentiveReaderConfig } from "./reader-config.ts";
import { VocabularyReader } from "./vocabulary-reader.ts";

/**
 * Fills the blank of a question with a word of the vocabulary: the question as one vector looks at the document once.
 *
 *     y, u = recurrent nets over document and query      see ClozeReader
 *     m_t  = tanh(W_ym y_t + W_um u);   s = softmax(wᵀ m)
 *     r    = Σ_t s_t y_t
 *     g    = tanh(W_rg r + W_ug u);     P(w) = softmax over the words, or the candidates, of V_w · g
 *
 * Weights: `embedding`; `document/` and `query/` with `forward/` and `backward/`; `attention/document/kernel` W_ym,
 * `attention/query/kernel` W_um, `attention/score/kernel` w; `combine/document/kernel` W_rg, `combine/query/kernel`
 * W_ug; `output/table` V.
 *
 * Under `captureAttention` it records s as `attentiveReader`, `['batch', 'query', 'key']` with one query.
 *
 * Documents are ids `[batch, document]`, questions `[batch, query]`; P is `[batch, vocabulary]`, or `[batch, candidates]`.
 *
 * Hermann et al. 2015, "Teaching Machines to Read and Comprehend", https://arxiv.org/abs/1506.03340; there with LSTMs.
 *
 * When not to use it: where answers are names that training never saw. It says words that it knows;
 * `AttentionOverAttentionReader` points at those that it finds.
 */
export class AttentiveReader extends VocabularyReader {
	/** @throws HeedError `OPTION`. */
	constructor(config: AttentiveReaderConfig) {
		const where = "AttentiveReader";
		super(where, resolveAttentiveReaderConfig(where, config));
	}

	protected gather({ document, documentMask, question }: ReadTexts): tf.Tensor2D {
		const { attention } = this;
		const [batch, time, size] = document.shape;
		const keys = project(document, attention.document); // [B, D, A]
		const asked = tf.expandDims(project(question, attention.query), 1) as tf.Tensor3D; // [B, 1, A]
		const scores = additiveScore(asked, keys, { v: attention.score }); // [B, 1, D]
		const weights = maskedSoftmax(scores, tf.reshape(documentMask, [batch, 1, time]));
		const kind = "attentiveReader";
		if (isCapturing()) recordAttention({ layer: kind, kind, axes: ["batch", "query", "key"], weights });
		return tf.reshape(contextOf(weights, document), [batch, size]);
	}
}
