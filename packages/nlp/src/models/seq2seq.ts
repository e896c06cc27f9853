import { checkDtype, checkNumber, checkShape } from "@heed/core";
import { checkIds, dropoutStream, embed, Parameters, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { AttentionConfig } from "../attention/attention-by-name.ts";
import { repeatRows } from "../decode/repeat-rows.ts";
import type { StepDecoder, StepResult } from "../decode/step-decoder.ts";
import { checkDecoderState, checkReorder } from "../ops/check-given.ts";
import { liveSteps, RecurrentEncoder } from "../recurrent/recurrent-encoder.ts";
import { Vocabulary } from "../text/vocabulary.ts";
import { AttentionalDecoder } from "./attentional-decoder.ts";
import { type Copies, checkBatch, checkSource, checkSourceShapes, copiesOf } from "./check-batch.ts";
import { checkTrainingSeed } from "./check-training-seed.ts";
import { CopyGate } from "./copy-gate.ts";
import { type DecodedSteps, type DecoderState, decoderStateParts } from "./decoded-steps.ts";
import { crossEntropy } from "./pair-loss.ts";
import type { Seq2SeqBatch, SourceBatch } from "./seq2seq-batch.ts";
import {
	mayDraw,
	type ResolvedSeq2SeqConfig,
	resolveSeq2SeqConfig,
	type Seq2SeqConfig,
	type Seq2SeqParts,
} from "./seq2seq-config.ts";
import { resolveLossOptions, type Seq2SeqLossOptions } from "./seq2seq-loss-options.ts";
import { labelLogProbs } from "./sequence-loss.ts";
import { liveMean, RewardBaseline, unevenness } from "./training-terms.ts";

/** What a {@link Seq2Seq} remembers between two tokens. */
export type Seq2SeqState = DecoderState & {
	/** What can be copied from the source of each row: only of a model that copies. */
	readonly copies?: Copies;
};

/** What the model computes of known targets. */
interface Forced {
	readonly steps: DecodedSteps;
	/** `[T, B, V]`. */
	readonly logits: tf.Tensor3D;
	/** The log-odds of not copying, `[T, B]`: only of a model that copies. */
	readonly logOdds?: tf.Tensor2D;
}

/**
 * Translates one sequence into another: a recurrent encoder, a recurrent decoder, and attention between them.
 *
 *     memory  = encoder(source)
 *     h̃_t     = decoder(target_{<t}, memory)              see AttentionalDecoder
 *     p(y_t)  = softmax(W_o h̃_t + b_o)
 *     copy:     p_gen · softmax(…) + (1 − p_gen) · what attention gives to y_t in the source
 *
 * Train it with {@link loss} and any optimizer over {@link weights}; translate with `greedyDecode` or `beamDecode`, for
 * which it is a {@link StepDecoder}. Call {@link dispose} when it is no longer needed.
 *
 * Sources are ids `[batch, source]` with lengths `[batch]`, targets `[batch, target]` from BOS to EOS; see `Seq2SeqBatch`.
 *
 * Bahdanau, Cho, Bengio 2014, "Neural Machine Translation by Jointly Learning to Align and Translate",
 * https://arxiv.org/abs/1409.0473; Luong, Pham, Manning 2015, https://arxiv.org/abs/1508.04025; copying: See, Liu, Manning
 * 2017, https://arxiv.org/abs/1704.04368. Two things differ from Bahdanau's paper: a tanh of context and state stands where the
 * paper has a maxout layer, that sees the last word as well; and the decoder starts from the last states of both directions of
 * the encoder's last layer, not from the backward one alone.
 *
 * When not to use it: with many pairs and a GPU, a `Transformer` learns more from them and trains all positions at once.
 */
export class Seq2Seq implements StepDecoder<SourceBatch, Seq2SeqState> {
	/** Every choice made, as JSON: `Seq2Seq.fromConfig(model.config)` has the same shape. */
	readonly config: ResolvedSeq2SeqConfig;
	readonly #parameters: Parameters;
	readonly #encoder: RecurrentEncoder;
	readonly #decoder: AttentionalDecoder;
	readonly #embedding: tf.Variable<tf.Rank.R2>;
	readonly #output: { readonly kernel: tf.Variable; readonly bias: tf.Variable };
	readonly #gate: CopyGate | undefined;
	/** What REINFORCE subtracts from the rewards, of a mechanism that may draw. */
	readonly #baseline: RewardBaseline | undefined;

	/**
	 * @param parts What a config cannot hold: a mechanism of your own.
	 * @throws HeedError `OPTION`; what a part throws. No weights stay behind then.
	 */
	constructor(config: Seq2SeqConfig, parts: Seq2SeqParts = {}) {
		this.config = resolveSeq2SeqConfig(config, parts);
		const { sourceVocabularySize, targetVocabularySize, embeddingSize, units, cell, seed } = this.config;
		const { encoderCell, selfAttention, resetAfter, attend, inputFeeding, bridge } = this.config;
		this.#parameters = new Parameters({ seed });
		try {
			this.#encoder = new RecurrentEncoder(this.#parameters.scope("encoder"), {
				vocabularySize: sourceVocabularySize,
				embeddingSize,
				units,
				cell: encoderCell,
				layers: this.config.encoderLayers,
				bidirectional: this.config.bidirectional,
				selfAttention: selfAttention ?? undefined,
				...(encoderCell === "gru" && { resetAfter }),
			});
			const scope = this.#parameters.scope("decoder");
			this.#embedding = scope.add("embedding", [targetVocabularySize, embeddingSize], "standardNormal");
			this.#decoder = new AttentionalDecoder(scope, {
				embeddingSize,
				units,
				cell,
				...(cell === "gru" && { resetAfter }),
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
			const gateSize = this.#encoder.memorySize + units + embeddingSize;
			this.#gate = this.config.copy ? new CopyGate(scope.scope("copy"), gateSize) : undefined;
			this.#baseline = mayDraw(this.config.attention) ? new RewardBaseline() : undefined;
		} catch (error) {
			this.#parameters.dispose();
			throw error;
		}
	}

	/** A model with fresh weights from a config, for instance one that was saved. */
	static fromConfig(config: Seq2SeqConfig, parts: Seq2SeqParts = {}): Seq2Seq {
		return new Seq2Seq(config, parts);
	}

	/** The number of target ids, without the words that a model that copies may find in a source. */
	get classes(): number {
		return this.config.targetVocabularySize;
	}

	/** Every weight by its name, for optimizers, checkpoints and imports. All are trainable. */
	get weights(): ReadonlyMap<string, tf.Variable> {
		return this.#parameters.variables;
	}

	/**
	 * What training remembers beside the weights, by name: the running mean of the rewards of `hard` attention or of a mechanism
	 * of your own, nothing otherwise. Give it to `train` of `@heed/train` as `untrained`, and a training that is resumed goes on
	 * as if it had not stopped.
	 */
	get trainingState(): ReadonlyMap<string, tf.Variable> {
		return this.#baseline?.variables ?? new Map();
	}

	/**
	 * The mean cross entropy per target token, each predicted from the true tokens before it; `coverageWeight` times the mean
	 * penalty of a mechanism that has one; and the doubly stochastic penalty. What a mechanism draws adds its gradient, and
	 * nothing to the value: REINFORCE, with a running mean of the rewards as baseline. Under `captureAttention` it records the
	 * alignments, `['batch', 'query', 'key']`, and with `copy` p_gen as `copyGate`, `['batch', 'query']`, as decoding does of every
	 * step, `['batch']`.
	 *
	 * Train with a `trainingSeed`. Without one it is the loss of inference, for validation: nothing is dropped, and `hard` and
	 * `monotonic` attention (but in mode `parallel`) take what is likeliest. That has no gradient, so asking for one is an error
	 * with these two, but for `monotonic` in mode `hard`, which never has one.
	 *
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`; on backends that compute in plain memory (cpu, wasm, tensorflow) also
	 *   `VALUE` for ids beyond a vocabulary and lengths beyond a row. A GPU would have to stop for that.
	 */
	loss(batch: Seq2SeqBatch, options: Seq2SeqLossOptions = {}): tf.Scalar {
		const resolved = resolveLossOptions(options, this.config);
		const { labelSmoothing, coverageWeight, doublyStochasticWeight, seed, ...weights } = resolved;
		this.#parameters.checkAlive("Seq2Seq.loss");
		checkBatch("Seq2Seq.loss", batch, this.config);
		const remedy = "Give `trainingSeed`, a whole number, another one for every step.";
		checkTrainingSeed("Seq2Seq.loss", this.config.attention, seed, remedy);
		return tf.tidy(() => {
			const [size, length] = batch.target.shape;
			const labels = tf.transpose(tf.slice(batch.target, [0, 1], [size, length - 1])); // [T, B]
			const live = liveSteps(tf.sub(batch.targetLengths, tf.scalar(1, "int32")), length - 1); // [T, B]
			const forced = this.#teacherForced(batch, seed);
			const { penalty, sample } = forced.steps;
			const known = this.#gate || sample ? this.#labelLogProbs(forced, labels, batch) : undefined; // [T, B]
			const terms =
				this.#gate && known
					? [tf.neg(liveMean(known, live))]
					: [crossEntropy(forced.logits, labels, live, labelSmoothing)];
			if (penalty) terms.push(tf.mul(liveMean(penalty, live), coverageWeight));
			if (doublyStochasticWeight > 0) {
				terms.push(unevenness(forced.steps.alignment, live, batch.sourceLengths, doublyStochasticWeight));
			}
			if (sample && known && this.#baseline) {
				terms.push(this.#baseline.term({ sample, tokenLogProb: known, live, ...weights }));
			}
			return tf.addN(terms) as tf.Scalar;
		});
	}

	/**
	 * The logits of every target token but the first, each from the true tokens before it: `[batch, target − 1, classes]`. Of a
	 * model that copies the log-probabilities, `[batch, target − 1, classes + extraTokens]`, -Infinity for what cannot come.
	 */
	logits(batch: Seq2SeqBatch): tf.Tensor3D {
		this.#parameters.checkAlive("Seq2Seq.logits");
		checkBatch("Seq2Seq.logits", batch, this.config);
		const remedy = "Train with `loss` and a `trainingSeed`.";
		checkTrainingSeed("Seq2Seq.logits", this.config.attention, undefined, remedy);
		return tf.tidy(() => {
			const { logits, logOdds, steps } = this.#teacherForced(batch);
			if (this.#gate === undefined || logOdds === undefined) return tf.transpose(logits, [1, 0, 2]);
			const [batchSize, time, source] = steps.alignment.shape;
			const rows = batchSize * time;
			const { ids, extraTokens } = copiesOf(batch);
			const each = tf.broadcastTo(tf.expandDims(ids, 1), [batchSize, time, source]);
			const logProbs = this.#gate.logProbs(
				tf.reshape(tf.transpose(logits, [1, 0, 2]), [rows, this.classes]),
				tf.reshape(tf.transpose(logOdds), [rows]),
				tf.reshape(steps.alignment, [rows, source]),
				{ ids: tf.reshape(each, [rows, source]), extraTokens },
			);
			return tf.reshape(logProbs, [batchSize, time, this.classes + extraTokens]);
		});
	}

	batchSize(batch: SourceBatch): number {
		checkSourceShapes("Seq2Seq", batch);
		return batch.source.shape[0];
	}

	start(batch: SourceBatch, beams: number): Seq2SeqState {
		this.#parameters.checkAlive("Seq2Seq.start");
		checkSource("Seq2Seq.start", batch, this.config);
		checkNumber("Seq2Seq.start", "beams", beams, { integer: true, min: 1 });
		return tf.tidy(() => {
			const encoded = this.#encoder.encode(batch.source, batch.sourceLengths);
			const state = this.#decoder.start(encoded, batch.sourceLengths);
			if (this.#gate === undefined) return repeatRows(state, beams);
			const { ids, extraTokens } = copiesOf(batch);
			return repeatRows({ ...state, copies: { ids: tf.clone(ids), extraTokens } }, beams);
		});
	}

	step(tokens: tf.Tensor1D, given: Seq2SeqState): StepResult<Seq2SeqState> {
		this.#parameters.checkAlive("Seq2Seq.step");
		checkDecoderState("Seq2Seq.step", given, decoderStateParts);
		const { copies, ...state } = given;
		const rows = state.cells[0]?.[0]?.shape[0] ?? 0;
		checkShape("Seq2Seq.step", "tokens", tokens, ["rows"], [rows], "the state");
		checkDtype("Seq2Seq.step", "tokens", tokens, "int32");
		const classes = this.classes + (copies?.extraTokens ?? 0);
		checkIds("Seq2Seq.step", "tokens", tokens, classes, "the target vocabulary");
		return tf.tidy(() => {
			const embedded = embed(this.#embedding, this.#known(tokens)) as tf.Tensor2D;
			const { vector, alignment, state: next, ...seen } = this.#decoder.step(embedded, state);
			const logits = project(vector, this.#output.kernel, this.#output.bias);
			if (this.#gate === undefined || copies === undefined) {
				return { logProbs: tf.logSoftmax(logits), alignment, state: next };
			}
			const logOdds = this.#gate.logOdds({ ...seen, alignment, embedded }) as tf.Tensor1D;
			const logProbs = this.#gate.logProbs(logits, logOdds, alignment, copies);
			return { logProbs, alignment, state: { ...next, copies } };
		});
	}

	reorder(given: Seq2SeqState, indices: tf.Tensor1D): Seq2SeqState {
		checkReorder("Seq2Seq.reorder", given, decoderStateParts, indices);
		const { copies, ...state } = given;
		return { ...this.#decoder.reorder(state, indices), ...(copies && { copies }) };
	}

	/** Frees the weights. */
	dispose(): void {
		this.#parameters.dispose();
		this.#baseline?.dispose();
	}

	#teacherForced(batch: Seq2SeqBatch, seed?: number): Forced {
		const drop = dropoutStream(this.config.dropout, seed).drop;
		const [size, length] = batch.target.shape;
		const inputs = tf.transpose(tf.slice(batch.target, [0, 0], [size, length - 1])); // [T, B]
		const encoded = this.#encoder.encode(batch.source, batch.sourceLengths, drop);
		const state = this.#decoder.start(encoded, batch.sourceLengths);
		const embedded = drop(embed(this.#embedding, this.#known(inputs)) as tf.Tensor3D); // [T, B, E]
		const steps = this.#decoder.run(embedded, state, { between: drop, seed });
		const logits = project(drop(steps.vectors), this.#output.kernel, this.#output.bias); // [T, B, V]
		if (this.#gate === undefined) return { steps, logits };
		return { steps, logits, logOdds: this.#gate.logOdds({ ...steps, embedded }) as tf.Tensor2D };
	}

	/** The log-probability of every label, `[T, B]`. */
	#labelLogProbs({ steps, logits, logOdds }: Forced, labels: tf.Tensor2D, batch: Seq2SeqBatch): tf.Tensor2D {
		const [time, size] = labels.shape;
		const rows = time * size;
		const flat = tf.reshape(labels, [rows]) as tf.Tensor1D;
		const words = labelLogProbs(tf.reshape(logits, [rows, -1]), flat);
		if (this.#gate === undefined || logOdds === undefined) return tf.reshape(words, [time, size]);
		const { ids } = copiesOf(batch);
		const source = ids.shape[1];
		const copies = tf.equal(tf.reshape(labels, [time, size, 1]), tf.reshape(ids, [1, size, source])); // [T, B, S]
		const logProbs = this.#gate.labelLogProbs(
			{ words, known: tf.less(flat, this.classes) },
			tf.reshape(logOdds, [rows]),
			tf.reshape(tf.transpose(steps.alignment, [1, 0, 2]), [rows, source]),
			tf.reshape(copies, [rows, source]),
		);
		return tf.reshape(logProbs, [time, size]);
	}

	/** Ids that have an embedding: words that only a source has are read as `unk`. */
	#known<T extends tf.Tensor>(ids: T): T {
		if (!this.config.copy) return ids;
		const unknown = tf.fill(ids.shape, Vocabulary.unk, "int32");
		return tf.where(tf.less(ids, tf.scalar(this.classes, "int32")), ids, unknown) as T;
	}
}
