import { checkNumber, checkOptions } from "@heed/core";
import { dropoutStream, embed, Parameters } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { TwoWayReader } from "../reading/two-way-reader.ts";
import type { BetweenLayers } from "../recurrent/recurrent-encoder.ts";
import { liveSteps } from "../recurrent/recurrent-encoder.ts";
import { type ClozeBatch, checkAnswers, checkQuestions, type QuestionBatch } from "./reader-batch.ts";
import type { ReaderConfig, ResolvedReaderConfig } from "./reader-config.ts";

/** What {@link ClozeReader.loss} accepts. */
export interface ReaderLossOptions {
	/** Apply the dropout of the config, drawn from this seed: another one for every step. Default: no dropout. */
	readonly trainingSeed?: number | undefined;
}

/** The two texts as vectors. */
export interface ReadTexts {
	/** `[batch, document, 2·units]`. */
	readonly document: tf.Tensor3D;
	/** True = a word, bool `[batch, document]`. */
	readonly documentMask: tf.Tensor2D;
	/** `[batch, query, 2·units]`. */
	readonly query: tf.Tensor3D;
	/** True = a word, bool `[batch, query]`. */
	readonly queryMask: tf.Tensor2D;
	/** The last states of both directions, `[batch, 2·units]`. */
	readonly question: tf.Tensor2D;
}

/**
 * The base of the readers that fill the blank of a question from a document: word vectors that both texts share, a
 * recurrent net in two directions for each, and in the subclass what brings the two together.
 *
 *     y = [forward(document); backward(document)]        one vector per word, [batch, document, 2·units]
 *     q = [forward(query); backward(query)]              one vector per word, [batch, query, 2·units]
 *     u = [last of forward; last of backward]            of the query, [batch, 2·units]
 *
 * Train it with {@link loss} and any optimizer over {@link weights}; {@link predict} gives the probabilities. Call
 * {@link dispose} when it is no longer needed.
 *
 * Hermann et al. 2015, "Teaching Machines to Read and Comprehend", https://arxiv.org/abs/1506.03340
 *
 * When not to use them: where the answer takes several words; for documents of thousands of words, which recurrent nets
 * read one after the other.
 */
export abstract class ClozeReader<Config extends ReaderConfig = ReaderConfig> {
	/** Every choice made, as JSON. */
	readonly config: ResolvedReaderConfig<Config>;
	protected readonly parameters: Parameters;
	readonly #where: string;
	readonly #embedding: tf.Variable<tf.Rank.R2>;
	readonly #document: TwoWayReader;
	readonly #query: TwoWayReader;

	protected constructor(where: string, config: ResolvedReaderConfig<Config>) {
		this.#where = where;
		this.config = config;
		const { vocabularySize, embeddingSize, units, cell, seed } = config as ResolvedReaderConfig;
		this.parameters = new Parameters({ seed });
		const table: [number, number] = [vocabularySize, embeddingSize];
		this.#embedding = this.parameters.add("embedding", table, "standardNormal");
		const options = { cell, inputSize: embeddingSize, units };
		this.#document = new TwoWayReader(this.parameters.scope("document"), options);
		this.#query = new TwoWayReader(this.parameters.scope("query"), options);
	}

	/** Every weight by its name, for optimizers and checkpoints. All are trainable. */
	get weights(): ReadonlyMap<string, tf.Variable> {
		return this.parameters.variables;
	}

	/**
	 * The mean of −log P(answer).
	 *
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`; on backends that compute in plain memory also `VALUE`, for ids beyond
	 *   the vocabulary, lengths beyond a row, and an answer that the reader cannot give.
	 */
	loss(batch: ClozeBatch, options: ReaderLossOptions = {}): tf.Scalar {
		const where = `${this.#where}.loss`;
		checkOptions(where, options, ["trainingSeed"]);
		const { trainingSeed } = options;
		if (trainingSeed !== undefined) {
			checkNumber(where, "trainingSeed", trainingSeed, { integer: true, min: 0 });
		}
		const { vocabularySize } = this.config;
		this.parameters.checkAlive(where);
		checkQuestions(where, batch, vocabularySize);
		checkAnswers(where, batch, vocabularySize, this.pointsToDocument);
		return tf.tidy(() => {
			const drop = dropoutStream(this.config.dropout, trainingSeed).drop;
			return tf.neg(tf.mean(this.answerLogProbability(batch, this.#read(batch, drop), drop)));
		});
	}

	/**
	 * How probable each answer is. Under `captureAttention` it records where the reader looked.
	 *
	 * @returns `[batch, candidates]`, 0 past the candidates of a row, or `[batch, vocabularySize]` without candidates. Where the
	 *   numbers of the model are NaN for a row, every answer that it could give has NaN.
	 * @throws HeedError as {@link loss}.
	 */
	predict(batch: QuestionBatch): tf.Tensor2D {
		const where = `${this.#where}.predict`;
		this.parameters.checkAlive(where);
		checkQuestions(where, batch, this.config.vocabularySize);
		return tf.tidy(() =>
			this.probabilities(
				batch,
				this.#read(batch, (x) => x),
			),
		);
	}

	/** Frees the weights. */
	dispose(): void {
		this.parameters.dispose();
	}

	/** True where an answer has to be a word of the document. */
	protected abstract readonly pointsToDocument: boolean;

	/** log P of each answer, `[batch]`. */
	protected abstract answerLogProbability(
		batch: ClozeBatch,
		texts: ReadTexts,
		drop: BetweenLayers,
	): tf.Tensor1D;

	/** P of each candidate or word, `[batch, candidates]` or `[batch, vocabularySize]`. */
	protected abstract probabilities(batch: QuestionBatch, texts: ReadTexts): tf.Tensor2D;

	#read({ document, documentLengths, query, queryLengths }: QuestionBatch, drop: BetweenLayers): ReadTexts {
		const read = (reader: TwoWayReader, ids: tf.Tensor2D, lengths: tf.Tensor1D) => {
			const live = liveSteps(lengths, ids.shape[1]); // [T, B]
			const embedded = drop(embed(this.#embedding, tf.transpose(ids)) as tf.Tensor3D); // [T, B, E]
			const { states, summary } = reader.read(embedded, live);
			return { states: drop(states), summary: drop(summary), mask: tf.cast(tf.transpose(live), "bool") };
		};
		const { states, mask } = read(this.#document, document, documentLengths);
		const asked = read(this.#query, query, queryLengths);
		return {
			document: states,
			documentMask: mask as tf.Tensor2D,
			query: asked.states,
			queryMask: asked.mask as tf.Tensor2D,
			question: asked.summary,
		};
	}
}
