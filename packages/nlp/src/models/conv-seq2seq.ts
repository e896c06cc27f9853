import { checkDtype, checkNumber, checkRank, HeedError } from "@heed/core";
import { checkIds, type Dense, dropoutStream, makeDense, Parameters } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { repeatRows } from "../decode/repeat-rows.ts";
import type { StepDecoder, StepResult } from "../decode/step-decoder.ts";
import { checkDecoderState, checkReorder } from "../ops/check-given.ts";
import { ConvDecoder, type ConvDecoderState } from "../recurrent/conv-decoder.ts";
import { ConvEncoder } from "../recurrent/conv-encoder.ts";
import { checkBatch, checkSource, checkSourceShapes } from "./check-batch.ts";
import {
	type ConvSeq2SeqConfig,
	type ResolvedConvSeq2SeqConfig,
	resolveConvSeq2SeqConfig,
} from "./conv-seq2seq-config.ts";
import { checkPairLossOptions, pairLoss } from "./pair-loss.ts";
import type { Seq2SeqBatch, SourceBatch } from "./seq2seq-batch.ts";

const stateParts = ["windows", "memory"];

/** What {@link ConvSeq2Seq.loss} accepts. */
export interface ConvSeq2SeqLossOptions {
	/** Share of the target that goes evenly to all tokens. Default 0. */
	readonly labelSmoothing?: number | undefined;
	/** Apply the dropout of the config, drawn from this seed: another one for every step. Default: no dropout. */
	readonly trainingSeed?: number | undefined;
}

/**
 * Translates one sequence into another without recurrence: convolutions on both sides, and attention in every layer of the
 * decoder.
 *
 *     z, z + e = ConvEncoder(source)
 *     h        = ConvDecoder(target_{<t}, z, z + e)
 *     p(y_t)   = softmax(W_o h_t + b_o)
 *
 * Trained on all positions at once. Train it with {@link loss} and any optimizer over {@link weights}; translate with
 * `greedyDecode` or `beamDecode`, for which it is a {@link StepDecoder}. Call {@link dispose} when it is no longer needed.
 *
 * Sources are ids `[batch, source]` with lengths `[batch]`, targets `[batch, target]` from BOS to EOS; see `Seq2SeqBatch`.
 *
 * Gehring et al. 2017, "Convolutional Sequence to Sequence Learning", https://arxiv.org/abs/1705.03122
 *
 * When not to use it: for sequences longer than `maxPositions` or than those trained on, whose positions it does not know.
 */
export class ConvSeq2Seq implements StepDecoder<SourceBatch, ConvDecoderState> {
	/** Every choice made, as JSON: `ConvSeq2Seq.fromConfig(model.config)` has the same shape. */
	readonly config: ResolvedConvSeq2SeqConfig;
	readonly #parameters: Parameters;
	readonly #encoder: ConvEncoder;
	readonly #decoder: ConvDecoder;
	readonly #output: Dense;

	/** @throws HeedError `OPTION`, before any weight is made. */
	constructor(config: ConvSeq2SeqConfig) {
		this.config = resolveConvSeq2SeqConfig(config);
		const { encoderLayers, decoderLayers, embeddingSize, units, kernelSize, maxPositions, seed } =
			this.config;
		const shared = { embeddingSize, units, kernelSize, maxPositions };
		this.#parameters = new Parameters({ seed });
		this.#encoder = new ConvEncoder(this.#parameters.scope("encoder"), {
			...shared,
			vocabularySize: this.config.sourceVocabularySize,
			layers: encoderLayers,
		});
		const scope = this.#parameters.scope("decoder");
		this.#decoder = new ConvDecoder(scope, {
			...shared,
			vocabularySize: this.config.targetVocabularySize,
			layers: decoderLayers,
			seed,
		});
		this.#output = makeDense(scope.scope("output"), { inputSize: units, outputSize: this.classes });
	}

	/** A model with fresh weights from a config, for instance one that was saved. */
	static fromConfig(config: ConvSeq2SeqConfig): ConvSeq2Seq {
		return new ConvSeq2Seq(config);
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
	 * `captureAttention` every layer of the decoder records where it looked, `['batch', 'query', 'key']`.
	 *
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`; on backends that compute in plain memory (cpu, wasm, tensorflow) also
	 *   `VALUE` for ids beyond a vocabulary and lengths beyond a row. A GPU would have to stop for that.
	 */
	loss(batch: Seq2SeqBatch, options: ConvSeq2SeqLossOptions = {}): tf.Scalar {
		checkPairLossOptions("ConvSeq2Seq.loss", options);
		this.#checkPairs("ConvSeq2Seq.loss", batch);
		const { labelSmoothing, trainingSeed } = options;
		return tf.tidy(() => pairLoss(this.#teacherForced(batch, trainingSeed), batch, labelSmoothing));
	}

	/** The logits of every target token but the first, each from the true tokens before it: `[batch, target − 1, classes]`. */
	logits(batch: Seq2SeqBatch): tf.Tensor3D {
		this.#checkPairs("ConvSeq2Seq.logits", batch);
		return tf.tidy(() => this.#teacherForced(batch));
	}

	batchSize(batch: SourceBatch): number {
		checkSourceShapes("ConvSeq2Seq", batch);
		return batch.source.shape[0];
	}

	/** @param steps Default: as many as there are positions. */
	start(batch: SourceBatch, beams: number, steps: number = this.config.maxPositions): ConvDecoderState {
		const where = "ConvSeq2Seq.start";
		this.#parameters.checkAlive(where);
		checkSource(where, batch, this.config);
		this.#checkPositions(where, "source", batch.source.shape[1]);
		checkNumber(where, "beams", beams, { integer: true, min: 1 });
		const { maxPositions } = this.config;
		if (steps > maxPositions) {
			const message = `${steps} steps are asked for; expected at most ${maxPositions}, \`maxPositions\` of the config. Lower \`maxLength\`.`;
			throw new HeedError("OPTION", where, message);
		}
		return tf.tidy(() => {
			const memory = this.#encoder.encode(batch.source, batch.sourceLengths);
			return repeatRows(this.#decoder.start(memory), beams);
		});
	}

	step(tokens: tf.Tensor1D, state: ConvDecoderState): StepResult<ConvDecoderState> {
		const where = "ConvSeq2Seq.step";
		this.#parameters.checkAlive(where);
		checkDecoderState(where, state, stateParts);
		checkRank(where, "tokens", tokens, ["rows"]);
		checkDtype(where, "tokens", tokens, "int32");
		checkIds(where, "tokens", tokens, this.classes, "the target vocabulary");
		return tf.tidy(() => {
			const { vector, alignment, state: next } = this.#decoder.step(tokens, state);
			return { logProbs: tf.logSoftmax(this.#output(vector)), alignment, state: next };
		});
	}

	reorder(state: ConvDecoderState, indices: tf.Tensor1D): ConvDecoderState {
		checkReorder("ConvSeq2Seq.reorder", state, stateParts, indices);
		return this.#decoder.reorder(state, indices);
	}

	/** Frees the weights. */
	dispose(): void {
		this.#parameters.dispose();
	}

	#checkPairs(where: string, batch: Seq2SeqBatch): void {
		this.#parameters.checkAlive(where);
		checkBatch(where, batch, this.config);
		this.#checkPositions(where, "source", batch.source.shape[1]);
		this.#checkPositions(where, "target", batch.target.shape[1] - 1); // the last token is only predicted
	}

	#checkPositions(where: string, name: string, length: number): void {
		const { maxPositions } = this.config;
		if (length <= maxPositions) return;
		const message = `${name} has ${length} positions; expected at most ${maxPositions}, \`maxPositions\` of the config.`;
		throw new HeedError("SHAPE", where, message);
	}

	/** `[B, T, V]`. */
	#teacherForced(batch: Seq2SeqBatch, trainingSeed?: number): tf.Tensor3D {
		const { drop } = dropoutStream(this.config.dropout, trainingSeed);
		const [size, length] = batch.target.shape;
		const memory = this.#encoder.encode(batch.source, batch.sourceLengths, drop);
		const inputs = tf.slice(batch.target, [0, 0], [size, length - 1]); // [B, T]
		return this.#output(drop(this.#decoder.run(inputs, memory, drop)));
	}
}
