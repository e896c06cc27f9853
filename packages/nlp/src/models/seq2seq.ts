import {
	checkDtype,
	checkNumber,
	checkOptions,
	checkRank,
	checkShape,
	describeShape,
	HeedError,
} from "@heed/core";
import { checkIds, embed, Parameters, project, seedFor } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { AttentionConfig } from "../attention/attention-by-name.ts";
import { repeatRows } from "../decode/repeat-rows.ts";
import type { StepDecoder, StepResult } from "../decode/step-decoder.ts";
import { type BetweenLayers, liveSteps, RecurrentEncoder } from "../recurrent/recurrent-encoder.ts";
import { AttentionalDecoder, type DecoderState } from "./attentional-decoder.ts";
import type { Seq2SeqBatch, SourceBatch } from "./seq2seq-batch.ts";
import {
	type ResolvedSeq2SeqConfig,
	resolveSeq2SeqConfig,
	type Seq2SeqConfig,
	type Seq2SeqParts,
} from "./seq2seq-config.ts";
import { sequenceLoss } from "./sequence-loss.ts";

/** What {@link Seq2Seq.loss} accepts. */
export interface Seq2SeqLossOptions {
	/** Share of the target that goes evenly to all tokens. Default 0. */
	readonly labelSmoothing?: number | undefined;
	/** Apply the dropout of the config, drawn from this seed: another one for every step. Default: no dropout. */
	readonly dropoutSeed?: number | undefined;
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

	/**
	 * @param parts What a config cannot hold: a mechanism of your own.
	 * @throws HeedError `OPTION`; what a part throws. No weights stay behind then.
	 */
	constructor(config: Seq2SeqConfig, parts: Seq2SeqParts = {}) {
		this.config = resolveSeq2SeqConfig(config, parts);
		const { sourceVocabularySize, targetVocabularySize, embeddingSize, units, cell, seed } = this.config;
		const { attend, inputFeeding, bridge } = this.config;
		this.#parameters = new Parameters({ seed });
		try {
			this.#encoder = new RecurrentEncoder(this.#parameters.scope("encoder"), {
				vocabularySize: sourceVocabularySize,
				embeddingSize,
				units,
				cell,
				layers: this.config.encoderLayers,
				bidirectional: this.config.bidirectional,
			});
			const scope = this.#parameters.scope("decoder");
			this.#embedding = scope.add("embedding", [targetVocabularySize, embeddingSize], "standardNormal");
			this.#decoder = new AttentionalDecoder(scope, {
				embeddingSize,
				units,
				cell,
				layers: this.config.decoderLayers,
				attention: parts.attention ?? (this.config.attention as AttentionConfig),
				attend,
				inputFeeding,
				bridge,
				memorySize: this.#encoder.memorySize,
				seed,
			});
			this.#output = {
				kernel: scope.add("output/kernel", [units, targetVocabularySize]),
				bias: scope.add("output/bias", [targetVocabularySize], "zeros"),
			};
		} catch (error) {
			this.#parameters.dispose();
			throw error;
		}
	}

	/** A model with fresh weights from a config, for instance one that was saved. */
	static fromConfig(config: Seq2SeqConfig, parts: Seq2SeqParts = {}): Seq2Seq {
		return new Seq2Seq(config, parts);
	}

	/** The number of target ids. */
	get classes(): number {
		return this.config.targetVocabularySize;
	}

	/** Every weight by its name, for optimizers, checkpoints and imports. All are trainable. */
	get weights(): ReadonlyMap<string, tf.Variable> {
		return this.#parameters.variables;
	}

	/**
	 * The mean cross entropy per target token, each predicted from the true tokens before it. Under
	 * `captureAttention` it records the alignments, `['batch', 'query', 'key']`.
	 *
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`; on backends that compute in plain memory (cpu, wasm, tensorflow) also
	 *   `VALUE` for ids beyond a vocabulary and lengths beyond a row. A GPU would have to stop for that.
	 */
	loss(batch: Seq2SeqBatch, options: Seq2SeqLossOptions = {}): tf.Scalar {
		checkOptions("Seq2Seq.loss", options, ["labelSmoothing", "dropoutSeed"]);
		checkBatch("Seq2Seq.loss", batch, this.config);
		const { labelSmoothing = 0, dropoutSeed } = options;
		checkNumber("Seq2Seq.loss", "labelSmoothing", labelSmoothing, { min: 0, max: 1 });
		if (dropoutSeed !== undefined) {
			checkNumber("Seq2Seq.loss", "dropoutSeed", dropoutSeed, { integer: true, min: 0 });
		}
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
		checkBatch("Seq2Seq.logits", batch, this.config);
		return tf.tidy(() => tf.transpose(this.#teacherForced(batch), [1, 0, 2]));
	}

	batchSize(batch: SourceBatch): number {
		checkShapes("Seq2Seq", batch);
		return batch.source.shape[0];
	}

	start(batch: SourceBatch, beams: number): DecoderState {
		checkSource("Seq2Seq.start", batch, this.config);
		checkNumber("Seq2Seq.start", "beams", beams, { integer: true, min: 1 });
		return tf.tidy(() => {
			const encoded = this.#encoder.encode(batch.source, batch.sourceLengths);
			const state = this.#decoder.start(encoded, batch.sourceLengths);
			return repeatRows(state, beams);
		});
	}

	step(tokens: tf.Tensor1D, state: DecoderState): StepResult<DecoderState> {
		checkRank("Seq2Seq.step", "tokens", tokens, ["rows"]);
		checkDtype("Seq2Seq.step", "tokens", tokens, "int32");
		checkIds("Seq2Seq.step", "tokens", tokens, this.classes, "the target vocabulary");
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
		return <T extends tf.Tensor>(x: T): T =>
			tf.dropout(x, dropout, undefined, seedFor(seed, `dropout/${uses++}`)) as T;
	}
}

function checkShapes(where: string, { source, sourceLengths }: SourceBatch): void {
	checkShape(where, "source", source, ["batch", "source"], [null, null], "a batch");
	checkDtype(where, "source", source, "int32");
	checkShape(where, "sourceLengths", sourceLengths, ["batch"], [source.shape[0]], "source");
	checkDtype(where, "sourceLengths", sourceLengths, "int32");
	if (source.size > 0) return;
	const came = describeShape("source", source.shape, ["batch", "source"]);
	throw new HeedError("SHAPE", where, `${came} is empty; expected at least one row and one token.`);
}

function checkSource(where: string, batch: SourceBatch, config: ResolvedSeq2SeqConfig): void {
	checkShapes(where, batch);
	const { source, sourceLengths } = batch;
	checkIds(where, "source", source, config.sourceVocabularySize, "the source vocabulary");
	checkIds(where, "sourceLengths", sourceLengths, source.shape[1] + 1, "the width of source");
}

function checkBatch(where: string, batch: Seq2SeqBatch, config: ResolvedSeq2SeqConfig): void {
	checkSource(where, batch, config);
	const { source, target, targetLengths } = batch;
	const [size] = source.shape;
	checkShape(where, "target", target, ["batch", "target"], [size, null], "source");
	checkDtype(where, "target", target, "int32");
	checkShape(where, "targetLengths", targetLengths, ["batch"], [size], "source");
	checkDtype(where, "targetLengths", targetLengths, "int32");
	const [, length] = target.shape;
	if (length < 2) {
		const message = `target has length ${length}; expected at least 2, from BOS to EOS.`;
		throw new HeedError("SHAPE", where, message);
	}
	checkIds(where, "target", target, config.targetVocabularySize, "the target vocabulary");
	checkIds(where, "targetLengths", targetLengths, length + 1, "the width of target");
}
