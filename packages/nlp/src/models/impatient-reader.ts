import { additiveScore, maskedSoftmax } from "@heed/core";
import { isCapturing, project, recordAttention } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { contextOf } from "../attention/context-of.ts";
import { unstackSteps } from "../recurrent/recurrent-steps.ts";
import type { ReadTexts } from "./cloze-reader.ts";
import { type AttentiveReaderConfig, resolveAttentiveReaderConfig } from "./reader-config.ts";
import { VocabularyReader } from "./vocabulary-reader.ts";

/**
 * Fills the blank of a question with a word of the vocabulary: it reads the document again at every word of the
 * question, and keeps what it has gathered so far.
 *
 *     y, q, u = recurrent nets over document and query    see ClozeReader
 *     m_it = tanh(W_ym y_t + W_rm r_{i−1} + W_um q_i);    s_i = softmax over the document of wᵀ m_i
 *     r_i  = Σ_t s_it y_t + tanh(W_rr r_{i−1})            r_0 is learned, and starts at 0
 *     g    = tanh(W_rg r_last + W_ug u);                  P(w) = softmax over the words, or the candidates, of V_w · g
 *
 * Weights: those of `AttentiveReader` and `attention/gathered/kernel` W_rm, `gathered/kernel` W_rr, `gathered/initial` r_0.
 *
 * Under `captureAttention` it records s as `impatientReader`, `['batch', 'query', 'key']`, zero past the question.
 *
 * Documents are ids `[batch, document]`, questions `[batch, query]`; P is `[batch, vocabulary]`, or `[batch, candidates]`.
 *
 * Hermann et al. 2015, "Teaching Machines to Read and Comprehend", https://arxiv.org/abs/1506.03340; there with LSTMs.
 *
 * When not to use it: for long questions, which it reads word after word, and where `AttentiveReader` does as well,
 * which in that paper is within a point.
 */
export class ImpatientReader extends VocabularyReader {
	readonly #gathered: {
		readonly attention: tf.Variable<tf.Rank.R2>;
		readonly kernel: tf.Variable<tf.Rank.R2>;
		readonly initial: tf.Variable<tf.Rank.R1>;
	};

	/** @throws HeedError `OPTION`. */
	constructor(config: AttentiveReaderConfig) {
		const where = "ImpatientReader";
		super(where, resolveAttentiveReaderConfig(where, config));
		const { units, attentionUnits } = this.config;
		this.#gathered = {
			attention: this.parameters.add("attention/gathered/kernel", [2 * units, attentionUnits]),
			kernel: this.parameters.add("gathered/kernel", [2 * units, 2 * units]),
			initial: this.parameters.add("gathered/initial", [2 * units], "zeros"),
		};
	}

	protected gather({ document, documentMask, query, queryMask }: ReadTexts): tf.Tensor2D {
		const { attention } = this;
		const [batch, time, size] = document.shape;
		const keys = project(document, attention.document); // [B, D, A]
		const asked = unstackSteps(tf.transpose(project(query, attention.query), [1, 0, 2])); // Q × [B, A]
		const live = tf.cast(tf.transpose(queryMask), "float32"); // [Q, B]
		const mask = tf.reshape(documentMask, [batch, 1, time]);
		const looked: tf.Tensor3D[] = [];
		let gathered = tf.add(tf.zeros([batch, size]), this.#gathered.initial) as tf.Tensor2D;
		asked.forEach((word, i) => {
			const sought = tf.add(word, project(gathered, this.#gathered.attention)); // [B, A]
			const scores = additiveScore(tf.expandDims(sought, 1) as tf.Tensor3D, keys, { v: attention.score });
			const weights = maskedSoftmax(scores, mask); // [B, 1, D]
			const found = tf.reshape(contextOf(weights, document), [batch, size]);
			const kept = tf.tanh(project(gathered, this.#gathered.kernel));
			const counts = tf.reshape(tf.slice(live, [i, 0], [1, batch]), [batch, 1]); // 0 past the question
			gathered = tf.add(gathered, tf.mul(tf.sub(tf.add(found, kept), gathered), counts));
			if (isCapturing()) looked.push(tf.mul(weights, tf.reshape(counts, [batch, 1, 1])));
		});
		const [kind, axes] = ["impatientReader", ["batch", "query", "key"]];
		if (isCapturing()) recordAttention({ layer: kind, kind, axes, weights: tf.concat(looked, 1) });
		return gathered;
	}
}
