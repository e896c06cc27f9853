import { maskedLogSoftmax, maskedSoftmax } from "@heed/core";
import { embed, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { BetweenLayers } from "../recurrent/recurrent-encoder.ts";
import { ClozeReader, type ReadTexts } from "./cloze-reader.ts";
import { type ClozeBatch, type QuestionBatch, rowMask } from "./reader-batch.ts";
import type { AttentiveReaderConfig, ResolvedReaderConfig } from "./reader-config.ts";

/**
 * The base of the readers that say a word: they gather from the document what the question asks for, and compare it
 * with every word of the vocabulary, or with the candidates alone.
 *
 *     r = what the subclass gathers                      [batch, 2·units]
 *     g = tanh(W_rg r + W_ug u)                          [batch, attentionUnits]
 *     P(w) = softmax over the words of V_w · g           [batch, words], or over the candidates alone
 *
 * Hermann et al. 2015, "Teaching Machines to Read and Comprehend", https://arxiv.org/abs/1506.03340
 *
 * When not to use them: where answers are names that training never saw; `AttentionOverAttentionReader` points at words
 * of the document.
 */
export abstract class VocabularyReader extends ClozeReader<AttentiveReaderConfig> {
	protected readonly pointsToDocument = false;
	/** W_ym, W_um and w of the attention. */
	protected readonly attention: {
		readonly document: tf.Variable<tf.Rank.R2>;
		readonly query: tf.Variable<tf.Rank.R2>;
		readonly score: tf.Variable<tf.Rank.R1>;
	};
	readonly #combine: { readonly document: tf.Variable; readonly query: tf.Variable };
	readonly #output: tf.Variable<tf.Rank.R2>;

	protected constructor(where: string, config: ResolvedReaderConfig<AttentiveReaderConfig>) {
		super(where, config);
		const { vocabularySize, units, attentionUnits } = config;
		const { parameters } = this;
		const kernel: [number, number] = [2 * units, attentionUnits];
		this.attention = {
			document: parameters.add("attention/document/kernel", kernel),
			query: parameters.add("attention/query/kernel", kernel),
			score: parameters.add("attention/score/kernel", [attentionUnits]),
		};
		this.#combine = {
			document: parameters.add("combine/document/kernel", kernel),
			query: parameters.add("combine/query/kernel", kernel),
		};
		this.#output = parameters.add("output/table", [vocabularySize, attentionUnits]);
	}

	/** r: what the question makes of the document, `[batch, 2·units]`. */
	protected abstract gather(texts: ReadTexts): tf.Tensor2D;

	protected answerLogProbability(batch: ClozeBatch, texts: ReadTexts, drop: BetweenLayers): tf.Tensor1D {
		const { logits, mask } = this.#logits(batch, texts, drop); // [B, C]
		const logProbs = maskedLogSoftmax(logits, mask);
		const [rows, count] = logits.shape;
		const words = batch.candidates ?? tf.reshape(tf.range(0, count, 1, "int32"), [1, count]);
		const same = tf.equal(words, tf.reshape(batch.answer, [rows, 1])); // [B, C]
		const isAnswer = mask === undefined ? same : tf.logicalAnd(same, mask);
		// Not a product: a candidate that is none has the logarithm −Infinity. One that stands twice is taken once.
		const found = tf.sum(tf.where(isAnswer, logProbs, tf.zerosLike(logProbs)), 1);
		return tf.div(found, tf.maximum(tf.sum(tf.cast(isAnswer, "float32"), 1), 1)) as tf.Tensor1D;
	}

	protected probabilities(batch: QuestionBatch, texts: ReadTexts): tf.Tensor2D {
		const { logits, mask } = this.#logits(batch, texts, (x) => x);
		return maskedSoftmax(logits, mask);
	}

	/** The scores of the candidates, or of all words, and which of them count. */
	#logits(
		{ candidates, candidateCounts }: QuestionBatch,
		texts: ReadTexts,
		drop: BetweenLayers,
	): { logits: tf.Tensor2D; mask: tf.Tensor2D | undefined } {
		const { document, query } = this.#combine;
		const joined = tf.add(project(this.gather(texts), document), project(texts.question, query));
		const vector = drop(tf.tanh(joined) as tf.Tensor2D); // g, [B, A]
		if (candidates === undefined) {
			return { logits: tf.matMul(vector, this.#output, false, true), mask: undefined };
		}
		const [batch, size] = vector.shape;
		const rows = embed(this.#output, candidates) as tf.Tensor3D; // [B, C, A]
		const logits = tf.sum(tf.mul(rows, tf.reshape(vector, [batch, 1, size])), 2) as tf.Tensor2D;
		const mask = candidateCounts === undefined ? undefined : rowMask(candidateCounts, candidates.shape[1]);
		return { logits, mask };
	}
}
