import { checkNumber, checkOptions } from "@heed/core";
import { type Dense, type DropoutStream, dropoutStream, embed, makeDense, Parameters } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { liveSteps } from "../recurrent/recurrent-encoder.ts";
import {
	checkDocuments,
	checkLabelled,
	type DocumentBatch,
	type LabelledDocuments,
} from "./classifier-batch.ts";
import {
	type AttentionClassifierConfig,
	type ResolvedAttentionClassifierConfig,
	resolveClassifierConfig,
} from "./classifier-config.ts";
import { ClassifierLevel } from "./classifier-level.ts";
import { sequenceLoss } from "./sequence-loss.ts";
import { liveMean } from "./training-terms.ts";

/** What {@link AttentionClassifier.loss} accepts. */
export interface AttentionClassifierLossOptions {
	/** Share of the target that goes evenly to all classes. Default 0. */
	readonly labelSmoothing?: number | undefined;
	/** Apply the dropout of the config, drawn from this seed: another one for every step. Default: no dropout. */
	readonly trainingSeed?: number | undefined;
}

/** What a pass gives. */
interface Pass {
	readonly logits: tf.Tensor2D; // [B, C]
	/** The mean penalty of each level that has one. */
	readonly penalties: readonly tf.Scalar[];
}

/**
 * Gives a document its class, by the words that matter.
 *
 *     flat             v = pool(recurrent(embedding[words]))
 *     hierarchical     s_i = pool(recurrent(embedding[words of sentence i]));   v = pool(recurrent(s))
 *     both             p = softmax(W v + b)
 *
 * The hierarchical form is the Hierarchical Attention Network with `pooling: { kind: "context" }`. Sentences without words, and
 * those past the end of a document, are as if they were not there.
 *
 * Train it with {@link loss} and any optimizer over {@link weights}; {@link predict} gives the probabilities. Under
 * `captureAttention` each records where it looked: `['batch', 'word']`, or `['batch', 'sentence', 'word']` and `['batch',
 * 'sentence']`, with `hop` before the last of structured pooling. Call {@link dispose} when it is no longer needed.
 *
 * Yang et al. 2016, "Hierarchical Attention Networks for Document Classification", https://aclanthology.org/N16-1174; structured:
 * Lin et al. 2017, https://arxiv.org/abs/1703.03130
 *
 * When not to use it: with few documents, a pre-trained Transformer knows far more about words.
 */
export class AttentionClassifier {
	/** Every choice made, as JSON: `AttentionClassifier.fromConfig(model.config)` has the same shape. */
	readonly config: ResolvedAttentionClassifierConfig;
	readonly #parameters: Parameters;
	readonly #embedding: tf.Variable<tf.Rank.R2>;
	readonly #words: ClassifierLevel;
	readonly #sentences: ClassifierLevel | undefined;
	readonly #output: Dense;

	/** @throws HeedError `OPTION`, before any weight is made. */
	constructor(config: AttentionClassifierConfig) {
		this.config = resolveClassifierConfig(config);
		const { vocabularySize, classes, hierarchical, embeddingSize, pooling, seed } = this.config;
		const { units, cell, layers, bidirectional, selfAttention, resetAfter } = this.config;
		const stack = { units, cell, layers, bidirectional, selfAttention, resetAfter };
		const shared = { stack, pooling, seed };
		this.#parameters = new Parameters({ seed });
		this.#embedding = this.#parameters.add("embedding", [vocabularySize, embeddingSize], "standardNormal");
		const level = (name: string, inputSize: number): ClassifierLevel =>
			new ClassifierLevel(this.#parameters.scope(name), { ...shared, name, inputSize });
		this.#words = level("word", embeddingSize);
		this.#sentences = hierarchical ? level("sentence", this.#words.size) : undefined;
		const inputSize = (this.#sentences ?? this.#words).size;
		this.#output = makeDense(this.#parameters.scope("output"), { inputSize, outputSize: classes });
	}

	/** A model with fresh weights from a config, for instance one that was saved. */
	static fromConfig(config: AttentionClassifierConfig): AttentionClassifier {
		return new AttentionClassifier(config);
	}

	/** Every weight by its name, for optimizers and checkpoints. All are trainable. */
	get weights(): ReadonlyMap<string, tf.Variable> {
		return this.#parameters.variables;
	}

	/**
	 * The mean cross entropy per document; with structured pooling also, times its weight, the mean penalty per sequence that
	 * has something in it, of words and of sentences.
	 *
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`; on backends that compute in plain memory (cpu, wasm, tensorflow) also
	 *   `VALUE` for ids, labels and lengths out of range. A GPU would have to stop for that.
	 */
	loss(batch: LabelledDocuments, options: AttentionClassifierLossOptions = {}): tf.Scalar {
		const where = "AttentionClassifier.loss";
		checkOptions(where, options, ["labelSmoothing", "trainingSeed"]);
		const { labelSmoothing = 0, trainingSeed } = options;
		checkNumber(where, "labelSmoothing", labelSmoothing, { min: 0, max: 1 });
		if (trainingSeed !== undefined)
			checkNumber(where, "trainingSeed", trainingSeed, { integer: true, min: 0 });
		this.#parameters.checkAlive(where);
		checkLabelled(where, batch, this.config);
		return tf.tidy(() => {
			const { pooling, dropout } = this.config;
			const { logits, penalties } = this.#pass(batch, dropoutStream(dropout, trainingSeed));
			const loss = sequenceLoss(logits, batch.labels, { labelSmoothing });
			if (pooling.kind !== "structured") return loss;
			return penalties.reduce((sum, term) => tf.add(sum, tf.mul(term, pooling.penalty ?? 1)), loss);
		});
	}

	/**
	 * What the softmax is taken of: `[batch, classes]`.
	 *
	 * @throws HeedError as {@link loss}.
	 */
	logits(batch: DocumentBatch): tf.Tensor2D {
		this.#parameters.checkAlive("AttentionClassifier.logits");
		checkDocuments("AttentionClassifier.logits", batch, this.config);
		return tf.tidy(() => this.#pass(batch, dropoutStream(0, undefined)).logits);
	}

	/**
	 * How probable each class is: `[batch, classes]`. Where the numbers of the model are NaN for a document, each has NaN.
	 *
	 * @throws HeedError as {@link loss}.
	 */
	predict(batch: DocumentBatch): tf.Tensor2D {
		this.#parameters.checkAlive("AttentionClassifier.predict");
		checkDocuments("AttentionClassifier.predict", batch, this.config);
		return tf.tidy(() => tf.softmax(this.#pass(batch, dropoutStream(0, undefined)).logits));
	}

	/** Frees the weights. */
	dispose(): void {
		this.#parameters.dispose();
	}

	#pass({ tokens, wordLengths, sentenceLengths }: DocumentBatch, { drop }: DropoutStream): Pass {
		const words = tokens.shape.at(-1) as number;
		const shape = tokens.shape.slice(0, -1);
		const [batch, sentences = 1] = shape as [number, number?];
		const rows = batch * sentences;
		const flat = tf.reshape(tokens, [rows, words]) as tf.Tensor2D;
		const within = sentenceLengths && liveSteps(sentenceLengths, sentences); // [S, B]
		const counts = tf.reshape(wordLengths, [rows]) as tf.Tensor1D;
		const live = this.#liveWords(counts, words, within); // [W, N]
		const embedded = drop(embed(this.#embedding, tf.transpose(flat)) as tf.Tensor3D); // [W, N, E]
		const rowNames = ["batch", "sentence"].slice(0, shape.length);
		const read = this.#words.run(embedded, live, { rows: rowNames, shape, item: "word" }, drop);
		const filled = tf.max(live, 0); // [N]: is there anything in the row?
		const penalties = read.penalty === undefined ? [] : [liveMean(read.penalty, filled)];
		const vectors = drop(read.vector); // [N, M]
		if (this.#sentences === undefined) return { logits: this.#output(vectors), penalties };

		const byDocument: tf.Tensor3D = tf.reshape(vectors, [batch, sentences, this.#words.size]); // [B, S, M]
		const liveSentences: tf.Tensor2D = tf.transpose(tf.reshape(filled, [batch, sentences]) as tf.Tensor2D); // [S, B]
		const inOrder: tf.Tensor3D = tf.transpose(byDocument, [1, 0, 2]); // [S, B, M]
		const axes = { rows: ["batch"], shape: [batch], item: "sentence" };
		const document = this.#sentences.run(inOrder, liveSentences, axes, drop);
		const more = document.penalty === undefined ? [] : [liveMean(document.penalty, tf.max(liveSentences, 0))];
		return { logits: this.#output(drop(document.vector)), penalties: [...penalties, ...more] };
	}

	/** 1 for a word within its row, and within a sentence that counts, `[W, N]`. */
	#liveWords(counts: tf.Tensor1D, words: number, within: tf.Tensor2D | undefined): tf.Tensor2D {
		const live = liveSteps(counts, words);
		return within === undefined ? live : tf.mul(live, tf.reshape(tf.transpose(within), [1, -1]));
	}
}
