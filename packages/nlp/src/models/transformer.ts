import { checkDtype, checkNumber, checkRank } from "@heed/core";
import { checkIds, type DropoutStream, dropoutStream, Parameters } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { StepDecoder, StepResult } from "../decode/step-decoder.ts";
import { checkDecoderState, checkReorder } from "../ops/check-given.ts";
import { tidied } from "../ops/tidied.ts";
import { checkBatch, checkSource, checkSourceShapes } from "./check-batch.ts";
import { checkPairLossOptions, pairLoss } from "./pair-loss.ts";
import type { Seq2SeqBatch, SourceBatch } from "./seq2seq-batch.ts";
import { tableInitializer } from "./token-embedding.ts";
import {
	type ResolvedTransformerConfig,
	resolveTransformerConfig,
	type TransformerConfig,
	transformerPart,
} from "./transformer-config.ts";
import { TransformerDecoder, type TransformerState } from "./transformer-decoder.ts";
import { TransformerEncoder } from "./transformer-encoder.ts";

/** What {@link Transformer.loss} accepts. */
export interface TransformerLossOptions {
	/** Share of the target that goes evenly to all tokens. Default 0 (paper: 0.1). */
	readonly labelSmoothing?: number | undefined;
	/** Apply the dropout of the config, drawn from this seed: another one for every step. Default: no dropout. */
	readonly trainingSeed?: number | undefined;
}

/**
 * Translates one sequence into another by attention alone.
 *
 *     x       = [√D] · embedding(source) + positions
 *     memory  = per layer: self-attention, feed-forward                                  (TransformerEncoder)
 *     states  = per layer: causal self-attention, attention to memory, feed-forward      (TransformerDecoder)
 *     p(y_t)  = softmax(W states_t + b)
 *
 * Train it with {@link loss} and any optimizer over {@link weights}; translate with `greedyDecode` or `beamDecode`, for
 * which it is a {@link StepDecoder}: keys and values of what was written are kept, so that a step computes one token. Call
 * {@link dispose} when it is no longer needed. Weights: those of the encoder below `encoder/`, those of the decoder below
 * `decoder/`; with `tie: "all"` one `embedding` for both.
 *
 * Sources are ids `[batch, source]` with lengths `[batch]`, targets `[batch, target]` from BOS to EOS; see `Seq2SeqBatch`.
 *
 * The paper's base model is `{ modelDim: 512, numHeads: 8, encoderLayers: 6, decoderLayers: 6, normFirst: false, tie: "all",
 * outputBias: false }`, trained with label smoothing 0.1 and Adam(0.9, 0.98, 1e-9) under a warm-up of 4000 steps.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762
 *
 * When not to use it: with few and short pairs, from which a `Seq2Seq` learns more.
 */
export class Transformer implements StepDecoder<SourceBatch, TransformerState> {
	/** Every choice made, as JSON: `Transformer.fromConfig(model.config)` has the same shape. */
	readonly config: ResolvedTransformerConfig;
	readonly #parameters: Parameters;
	readonly #encoder: TransformerEncoder;
	readonly #decoder: TransformerDecoder;

	/** @throws HeedError `OPTION`. No weights stay behind then. */
	constructor(config: TransformerConfig) {
		this.config = resolveTransformerConfig(config);
		const { sourceVocabularySize, targetVocabularySize, modelDim, tie, seed, outputBias } = this.config;
		const { encoderLayers, decoderLayers, alignmentLayer } = this.config;
		const part = transformerPart(this.config);
		this.#parameters = new Parameters({ seed });
		const shared =
			tie === "all"
				? this.#parameters.add<tf.Rank.R2>(
						"embedding",
						[targetVocabularySize, modelDim],
						tableInitializer(modelDim, true),
					)
				: undefined;
		this.#encoder = new TransformerEncoder(
			this.#parameters.scope("encoder"),
			{ ...part, vocabularySize: sourceVocabularySize, layers: encoderLayers },
			shared,
		);
		this.#decoder = new TransformerDecoder(
			this.#parameters.scope("decoder"),
			{
				...{ ...part, vocabularySize: targetVocabularySize, layers: decoderLayers },
				...{ tie: tie !== "none", outputBias, alignmentLayer },
			},
			shared,
		);
	}

	/** A model with fresh weights from a config, for instance one that was saved. */
	static fromConfig(config: TransformerConfig): Transformer {
		return new Transformer(config);
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
	 * The mean cross entropy per target token, each predicted from the true tokens before it. Under `captureAttention` it
	 * records every attention, `['batch', 'heads', 'query', 'key']`.
	 *
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`; on backends that compute in plain memory (cpu, wasm, tensorflow) also
	 *   `VALUE` for ids beyond a vocabulary and lengths beyond a row. A GPU would have to stop for that.
	 */
	loss(batch: Seq2SeqBatch, options: TransformerLossOptions = {}): tf.Scalar {
		checkPairLossOptions("Transformer.loss", options);
		this.#checkPairs("Transformer.loss", batch);
		const dropout = dropoutStream(this.config.dropout, options.trainingSeed);
		return tf.tidy(() => pairLoss(this.#teacherForced(batch, dropout), batch, options.labelSmoothing));
	}

	/** The logits of every target token but the first, each from the true tokens before it: `[batch, target − 1, classes]`. */
	logits(batch: Seq2SeqBatch): tf.Tensor3D {
		this.#checkPairs("Transformer.logits", batch);
		return tf.tidy(() => this.#teacherForced(batch));
	}

	/** What the encoder makes of the source, `[batch, source, modelDim]`; past the length of a row it means nothing. */
	encode(batch: SourceBatch): tf.Tensor3D {
		this.#checkSource("Transformer.encode", batch);
		return this.#encoder.run(batch.source, { lengths: batch.sourceLengths });
	}

	batchSize(batch: SourceBatch): number {
		checkSourceShapes("Transformer", batch);
		return batch.source.shape[0];
	}

	/** @param steps Most tokens that will be decoded. */
	start(batch: SourceBatch, beams: number, steps: number): TransformerState {
		const where = "Transformer.start";
		this.#checkSource(where, batch);
		checkNumber(where, "beams", beams, { integer: true, min: 1 });
		checkNumber(where, "steps", steps, { integer: true, min: 1 });
		this.#decoder.checkLength(where, steps);
		return tidied(() => {
			const memory = this.#encoder.run(batch.source, { lengths: batch.sourceLengths });
			return this.#decoder.start(memory, batch.sourceLengths, beams, steps);
		});
	}

	step(tokens: tf.Tensor1D, state: TransformerState): StepResult<TransformerState> {
		const where = "Transformer.step";
		this.#parameters.checkAlive(where);
		checkDecoderState(where, state, ["blocks"]);
		checkRank(where, "tokens", tokens, ["rows"]);
		checkDtype(where, "tokens", tokens, "int32");
		checkIds(where, "tokens", tokens, this.classes, "the target vocabulary");
		return tidied(() => {
			const { logits, alignment, state: next } = this.#decoder.step(tokens, state);
			return { logProbs: tf.logSoftmax(logits), alignment, state: next };
		});
	}

	reorder(state: TransformerState, indices: tf.Tensor1D): TransformerState {
		checkReorder("Transformer.reorder", state, ["blocks"], indices);
		return this.#decoder.reorder(state, indices);
	}

	/** Frees the weights. */
	dispose(): void {
		this.#parameters.dispose();
	}

	/** `[B, T, V]`. */
	#teacherForced(batch: Seq2SeqBatch, dropout?: DropoutStream): tf.Tensor3D {
		const [size, length] = batch.target.shape;
		const inputs = tf.slice(batch.target, [0, 0], [size, length - 1]); // [B, T]
		const lengths = batch.sourceLengths;
		const memory = this.#encoder.run(batch.source, { lengths, dropout }); // [B, S, D]
		const states = this.#decoder.run(inputs, memory, { memoryLengths: lengths, dropout }); // [B, T, D]
		return this.#decoder.logits(states);
	}

	#checkSource(where: string, batch: SourceBatch): void {
		this.#parameters.checkAlive(where);
		checkSource(where, batch, this.config);
		this.#encoder.checkLength(where, batch.source.shape[1]);
	}

	#checkPairs(where: string, batch: Seq2SeqBatch): void {
		this.#parameters.checkAlive(where);
		checkBatch(where, batch, this.config);
		this.#encoder.checkLength(where, batch.source.shape[1]);
		this.#decoder.checkLength(where, batch.target.shape[1] - 1);
	}
}
