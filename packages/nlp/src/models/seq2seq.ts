import { checkDtype, checkOptions, checkShape, HeedError } from "@heed/core";
import { seedFor } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { repeatRows } from "../decode/repeat-rows.ts";
import type { StepDecoder, StepResult } from "../decode/step-decoder.ts";
import { embed } from "../ops/embed.ts";
import { project } from "../ops/project.ts";
import { Parameters } from "../recurrent/parameters.ts";
import { type BetweenLayers, liveSteps, RecurrentEncoder } from "../recurrent/recurrent-encoder.ts";
import { AttentionalDecoder, type DecoderState } from "./attentional-decoder.ts";
import { type ResolvedSeq2SeqConfig, resolveSeq2SeqConfig, type Seq2SeqConfig } from "./seq2seq-config.ts";
import { sequenceLoss } from "./sequence-loss.ts";

/** Source sentences as ids. */
export interface SourceBatch {
	/** int32 `[batch, source]`. */
	readonly source: tf.Tensor2D;
	/** Valid tokens per row, int32 `[batch]`. */
	readonly sourceLengths: tf.Tensor1D;
}

/** Pairs of sentences as ids. */
export interface Seq2SeqBatch extends SourceBatch {
	/** From BOS to EOS, int32 `[batch, target]`. */
	readonly target: tf.Tensor2D;
	/** Valid tokens per row, BOS and EOS counted, int32 `[batch]`. */
	readonly targetLengths: tf.Tensor1D;
}

/** What {@link Seq2Seq.loss} accepts. */
export interface Seq2SeqLossOptions {
	/** Share of the target that goes evenly to all tokens. Default 0. */
	readonly labelSmoothing?: number;
	/** Apply the dropout of the config, drawn from this seed: another one for every step. Default: no dropout. */
	readonly dropoutSeed?: number;
}

/**
 * Translates one sequence into another: a recurrent encoder, a recurrent decoder, and attention between them.
 *
 *     memory  = encoder(source)
 *     h̃_t     = decoder(target_{<t}, memory)              see AttentionalDecoder
 *     p(y_t)  = softmax(W_o h̃_t + b_o)
 *
 * Train it with {@link loss} and any optimizer over {@link weights}; translate with `greedyDecode` or `beamDecode`, for
 * which it is a {@link StepDecoder}. Call {@link dispose} when it is no longer needed.
 */
export class Seq2Seq implements StepDecoder<SourceBatch, DecoderState> {
	/** Every choice made, as JSON: `Seq2Seq.fromConfig(model.config)` has the same shape. */
	readonly config: ResolvedSeq2SeqConfig;
	readonly #parameters: Parameters;
	readonly #encoder: RecurrentEncoder;
	readonly #decoder: AttentionalDecoder;
	readonly #embedding: tf.Variable<tf.Rank.R2>;
	readonly #output: { readonly kernel: tf.Variable; readonly bias: tf.Variable };

	/** @throws HeedError `OPTION`. */
	constructor(config: Seq2SeqConfig) {
		this.config = resolveSeq2SeqConfig(config);
		const { sourceVocabularySize, targetVocabularySize, embeddingSize, units, seed } = this.config;
		this.#parameters = new Parameters({ seed });
		this.#encoder = new RecurrentEncoder(this.#parameters.scope("encoder"), {
			vocabularySize: sourceVocabularySize,
			embeddingSize,
			units,
			cell: this.config.cell,
			layers: this.config.encoderLayers,
			bidirectional: this.config.bidirectional,
		});
		const scope = this.#parameters.scope("decoder");
		this.#embedding = scope.add("embedding", [targetVocabularySize, embeddingSize], "standardNormal");
		this.#decoder = new AttentionalDecoder(scope, {
			...this.config,
			layers: this.config.decoderLayers,
			memorySize: this.#encoder.memorySize,
		});
		this.#output = {
			kernel: scope.add("output/kernel", [units, targetVocabularySize]),
			bias: scope.add("output/bias", [targetVocabularySize], "zeros"),
		};
	}

	/** A model with fresh weights from a config, for instance one that was saved. */
	static fromConfig(config: Seq2SeqConfig): Seq2Seq {
		return new Seq2Seq(config);
	}

	/** Every weight by its name, for optimizers, checkpoints and imports. All are trainable. */
	get weights(): ReadonlyMap<string, tf.Variable> {
		return this.#parameters.variables;
	}

	/**
	 * The mean cross entropy per target token, each predicted from the true tokens before it. Under
	 * `captureAttention` it records the alignments, `['batch', 'query', 'key']`.
	 *
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`.
	 */
	loss(batch: Seq2SeqBatch, options: Seq2SeqLossOptions = {}): tf.Scalar {
		checkOptions("Seq2Seq.loss", options, ["labelSmoothing", "dropoutSeed"]);
		checkBatch("Seq2Seq.loss", batch);
		const { labelSmoothing = 0, dropoutSeed } = options;
		return tf.tidy(() => {
			const [size, length] = batch.target.shape;
			const labels = tf.transpose(tf.slice(batch.target, [0, 1], [size, length - 1])); // [T, B]
			const live = liveSteps(tf.sub(batch.targetLengths, tf.scalar(1, "int32")), length - 1); // [T, B]
			const logits = this.#teacherForced(batch, dropoutSeed); // [T, B, V]
			return sequenceLoss(
				tf.reshape(logits, [-1, this.config.targetVocabularySize]),
				tf.reshape(labels, [-1]),
				{
					live: tf.reshape(live, [-1]),
					labelSmoothing,
				},
			);
		});
	}

	/** The logits of every target token but the first, each from the true tokens before it: `[batch, target − 1, classes]`. */
	logits(batch: Seq2SeqBatch): tf.Tensor3D {
		checkBatch("Seq2Seq.logits", batch);
		return tf.tidy(() => tf.transpose(this.#teacherForced(batch), [1, 0, 2]));
	}

	batchSize(batch: SourceBatch): number {
		return batch.source.shape[0];
	}

	start(batch: SourceBatch, beams: number): DecoderState {
		checkSource("Seq2Seq.start", batch);
		return tf.tidy(() => {
			const encoded = this.#encoder.encode(batch.source, batch.sourceLengths);
			const state = this.#decoder.start(encoded, batch.sourceLengths);
			return repeatRows(state, beams);
		});
	}

	step(tokens: tf.Tensor1D, state: DecoderState): StepResult<DecoderState> {
		return tf.tidy(() => {
			const embedded = embed(this.#embedding, tokens) as tf.Tensor2D;
			const { vector, alignment, state: next } = this.#decoder.step(embedded, state);
			const logProbs = tf.logSoftmax(project(vector, this.#output.kernel, this.#output.bias));
			return { logProbs, alignment, state: next };
		});
	}

	reorder(state: DecoderState, indices: tf.Tensor1D): DecoderState {
		return this.#decoder.reorder(state, indices);
	}

	/** Frees the weights. */
	dispose(): void {
		this.#parameters.dispose();
	}

	/** `[T, B, V]`. */
	#teacherForced(batch: Seq2SeqBatch, dropoutSeed?: number): tf.Tensor3D {
		const drop = this.#dropout(dropoutSeed);
		const [size, length] = batch.target.shape;
		const inputs = tf.transpose(tf.slice(batch.target, [0, 0], [size, length - 1])); // [T, B]
		const encoded = this.#encoder.encode(batch.source, batch.sourceLengths, drop);
		const state = this.#decoder.start(encoded, batch.sourceLengths);
		const embedded = drop(embed(this.#embedding, inputs) as tf.Tensor3D); // [T, B, E]
		const vectors = drop(this.#decoder.run(embedded, state, drop)); // [T, B, U]
		return project(vectors, this.#output.kernel, this.#output.bias);
	}

	/** Dropout whose every use draws from its own stream of the seed. */
	#dropout(seed: number | undefined): BetweenLayers {
		const { dropout } = this.config;
		if (seed === undefined || dropout === 0) return (x) => x;
		let uses = 0;
		return (x) => tf.dropout(x, dropout, undefined, seedFor(seed, `dropout/${uses++}`)) as tf.Tensor3D;
	}
}

function checkSource(where: string, batch: SourceBatch): void {
	checkShape(where, "source", batch.source, ["batch", "source"], [null, null], "a batch");
	checkDtype(where, "source", batch.source, "int32");
	checkShape(where, "sourceLengths", batch.sourceLengths, ["batch"], [batch.source.shape[0]], "source");
	checkDtype(where, "sourceLengths", batch.sourceLengths, "int32");
}

function checkBatch(where: string, batch: Seq2SeqBatch): void {
	checkSource(where, batch);
	const [size] = batch.source.shape;
	checkShape(where, "target", batch.target, ["batch", "target"], [size, null], "source");
	checkDtype(where, "target", batch.target, "int32");
	checkShape(where, "targetLengths", batch.targetLengths, ["batch"], [size], "source");
	checkDtype(where, "targetLengths", batch.targetLengths, "int32");
	if (batch.target.shape[1] >= 2) return;
	throw new HeedError(
		"SHAPE",
		where,
		`target has length ${batch.target.shape[1]}; expected at least 2, from BOS to EOS.`,
	);
}
