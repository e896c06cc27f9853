import * as tf from "@tensorflow/tfjs-core";
import { attentionOverAttention } from "../reading/attention-over-attention.ts";
import { sumByWord } from "../reading/sum-by-word.ts";
import { ClozeReader, type ReadTexts } from "./cloze-reader.ts";
import { type ClozeBatch, type QuestionBatch, rowMask } from "./reader-batch.ts";
import { type ReaderConfig, resolveReaderConfig } from "./reader-config.ts";

/** What the logarithm of a probability of 0 is taken of. */
const smallest = 1e-12;

/**
 * Fills the blank of a question by pointing into the document, with attention over attention.
 *
 *     y, q = recurrent nets over document and query      see ClozeReader
 *     s    = attentionOverAttention(y, q)
 *     P(w) = Σ over the places i of w of s_i             loss: −log P(answer)
 *
 * The answer has to be a word of the document. Candidates change nothing about a probability: `predict` gives P of each
 * of them, which add up to less than 1 where the document has other words. Under a probability of 10⁻¹² the loss stays
 * flat. Weights: `embedding`, and `document/` and `query/` with `forward/` and `backward/`.
 *
 * Documents are ids `[batch, document]`, questions `[batch, query]`; P is `[batch, vocabulary]`, or `[batch, candidates]`.
 *
 * Cui et al. 2016, "Attention-over-Attention Neural Networks for Reading Comprehension",
 * https://arxiv.org/abs/1607.04423; there with GRUs, dropout 0.1, Adam at 0.001, gradients clipped to 5, batches of 32.
 *
 * When not to use it: where the answer is no word of the document, or takes several.
 */
export class AttentionOverAttentionReader extends ClozeReader {
	protected readonly pointsToDocument = true;

	/** @throws HeedError `OPTION`. */
	constructor(config: ReaderConfig) {
		const where = "AttentionOverAttentionReader";
		super(where, resolveReaderConfig(where, config));
	}

	protected answerLogProbability(batch: ClozeBatch, texts: ReadTexts): tf.Tensor1D {
		const attention = attend(texts);
		const candidates = tf.reshape(batch.answer, [-1, 1]) as tf.Tensor2D;
		const found = sumByWord(attention, batch.document, { candidates }); // [B, 1]
		return tf.log(tf.maximum(tf.reshape(found, [-1]), smallest)) as tf.Tensor1D;
	}

	protected probabilities(batch: QuestionBatch, texts: ReadTexts): tf.Tensor2D {
		const attention = attend(texts);
		const { document, candidates, candidateCounts } = batch;
		if (candidates === undefined) {
			return sumByWord(attention, document, { vocabularySize: this.config.vocabularySize });
		}
		const found = sumByWord(attention, document, { candidates }); // [B, C]
		if (candidateCounts === undefined) return found;
		return tf.mul(found, tf.cast(rowMask(candidateCounts, candidates.shape[1]), "float32"));
	}
}

/** s, `[batch, document]`. */
function attend({ document, query, documentMask, queryMask }: ReadTexts): tf.Tensor2D {
	return attentionOverAttention(document, query, { documentMask, queryMask }).attention;
}
