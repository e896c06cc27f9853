import { type Dense, dropoutStream, embed, makeDense, Parameters } from "@heed/layers";
import { LstmCell, RecurrentEncoder } from "@heed/nlp";
import {
	type QueryTemporalAttention,
	queryTemporalAttention,
	type SpatioTemporalAttention,
	spatioTemporalAttention,
} from "@heed/vision";
import * as tf from "@tensorflow/tfjs-core";
import { adoptLayer } from "./adopt-layer.ts";
import type { FrameBatch } from "./frame-batch.ts";
import { FrameNetwork } from "./frame-network.ts";
import type { QuestionBatch } from "./question-batch.ts";

/** What the model looks at by the question: places in the frames, frames, both, or nothing. */
export type AttentionKind = "spatial" | "temporal" | "both" | "none";

/** The shape of a {@link VideoQaModel}. */
export interface VideoQaConfig {
	readonly attention: AttentionKind;
	/** Number of words, special ones included. */
	readonly words: number;
	/** Number of answers to choose from. */
	readonly answers: number;
	/** Classes that may be seen in a frame; 0: none are told. */
	readonly seenClasses: number;
	/** Channels of the features of a frame. */
	readonly features: number;
	/** Size of a word's vector. */
	readonly embedding: number;
	/** Size of the states that read the question and the video. */
	readonly units: number;
	/** Size of the space in which question and places or frames meet. */
	readonly attentionUnits: number;
	readonly dropout: number;
	readonly seed: number;
}

/**
 * Answers questions about videos as in TGIF-QA:
 *
 *     q = the last state of an LSTM over the words                       [Q, U]
 *     x[t] = convolutions over frame t                                   [V, T, h, w, F]
 *     m[t] = spatial: the places of x[t] that q asks for; else the mean  [Q or V, T, F]
 *     s[t] = LSTM over m                                                 [Q or V, T, U]
 *     y = temporal: the states s that q asks for; else the last one      [Q, U]
 *     z = tanh(C y + c);   answer = softmax of A relu(B [z + q; z ∘ q] + b) + a
 *
 * Glossary: V videos, Q questions, T frames, U units, F features. With neither attention this is the LRCN form: frames, CNN,
 * LSTM.
 *
 * Jang et al. 2017, https://arxiv.org/abs/1704.04497; Donahue et al. 2015 (LRCN), https://arxiv.org/abs/1411.4389
 */
export class VideoQaModel {
	readonly config: VideoQaConfig;
	readonly #parameters: Parameters;
	readonly #frames: FrameNetwork;
	readonly #question: RecurrentEncoder;
	readonly #places: SpatioTemporalAttention | undefined;
	readonly #video: LstmCell;
	readonly #times: QueryTemporalAttention | undefined;
	readonly #fuse: Dense;
	readonly #hidden: Dense;
	readonly #output: Dense;

	constructor(config: VideoQaConfig) {
		this.config = config;
		const { attention, words, answers, seenClasses, features, embedding, units, attentionUnits, seed } =
			config;
		const parameters = new Parameters({ seed });
		this.#parameters = parameters;
		const dense = (name: string, inputSize: number, outputSize: number): Dense =>
			makeDense(parameters.scope(name), { inputSize, outputSize });
		this.#frames = new FrameNetwork(parameters.scope("frames"), { features, seenClasses });
		this.#question = new RecurrentEncoder(parameters.scope("question"), {
			vocabularySize: words,
			embeddingSize: embedding,
			units,
			cell: "lstm",
			bidirectional: false,
		});
		if (attention === "spatial" || attention === "both") {
			this.#places = spatioTemporalAttention({ temporal: false, units: attentionUnits, seed });
			adoptLayer(parameters.scope("places"), this.#places, [
				[null, null, null, null, features],
				[null, units],
			]);
		}
		this.#video = new LstmCell(parameters.scope("video"), { inputSize: features, units });
		if (attention === "temporal" || attention === "both") {
			this.#times = queryTemporalAttention({ units: attentionUnits, seed });
			adoptLayer(parameters.scope("times"), this.#times, [
				[null, null, units],
				[null, units],
			]);
		}
		this.#fuse = dense("fuse", units, units);
		this.#hidden = dense("hidden", 2 * units, 2 * units);
		this.#output = dense("output", 2 * units, answers);
	}

	/** Every weight by its name. */
	get weights(): ReadonlyMap<string, tf.Variable> {
		return this.#parameters.variables;
	}

	/** Scores of the answers to every question, `[questions, answers]`. */
	logits(batch: QuestionBatch): tf.Tensor2D {
		return tf.tidy(() => this.#logits(batch, this.#frames.look(batch.video)));
	}

	/** The mean cross entropy of the answers, and the share of right ones. */
	loss(
		batch: QuestionBatch,
		trainingSeed?: number,
	): { readonly loss: tf.Scalar; readonly accuracy: tf.Scalar } {
		const logits = this.#logits(batch, this.#frames.look(batch.video), trainingSeed);
		const rows = tf.cast(tf.oneHot(batch.answers, this.config.answers), "float32");
		const likelihood = tf.sum(tf.mul(tf.logSoftmax(logits), rows), 1);
		const right = tf.equal(tf.argMax(logits, 1), batch.answers);
		return { loss: tf.neg(tf.mean(likelihood)), accuracy: tf.mean(tf.cast(right, "float32")) };
	}

	/** How badly the convolutions tell what some frames show. */
	seenLoss(batch: FrameBatch): tf.Scalar {
		return this.#frames.seenLoss(batch);
	}

	/** Frees the weights. */
	dispose(): void {
		this.#parameters.dispose();
	}

	#logits(batch: QuestionBatch, maps: tf.Tensor5D, trainingSeed?: number): tf.Tensor2D {
		const { ids, lengths } = batch;
		const dropout = dropoutStream(this.config.dropout, trainingSeed);
		const { state } = this.#question.encode(ids, lengths);
		const query = state[0]?.[0]?.[0] as tf.Tensor2D; // [Q, U]
		const found = tf.tanh(this.#fuse(this.#ask(maps, query, batch))); // [Q, U]
		const met = tf.concat([tf.add(found, query), tf.mul(found, query)], 1) as tf.Tensor2D; // [Q, 2 U]
		const hidden: tf.Tensor2D = tf.relu(this.#hidden(met)); // [Q, 2 U]
		return this.#output(dropout.drop(hidden));
	}

	/** What the video says to the questions, `[Q, U]`. */
	#ask(maps: tf.Tensor5D, query: tf.Tensor2D, { owners, live }: QuestionBatch): tf.Tensor2D {
		const ownMask = tf.gather(live, owners); // [Q, T]
		if (this.#places === undefined) {
			const states = this.#watch(tf.mean(maps, [2, 3]) as tf.Tensor3D, live);
			return this.#remember(ofOwners(states, owners), query, ownMask);
		}
		const own = ofOwners(maps, owners); // [Q, T, h, w, F]
		const found = this.#places.apply([own, query, tf.cast(ownMask, "bool")]) as tf.Tensor3D;
		return this.#remember(this.#watch(found, ownMask), query, ownMask);
	}

	/** The states of the LSTM, `[rows, T, U]`; the last state repeats behind the end. */
	#watch(frames: tf.Tensor3D, live: tf.Tensor2D): tf.Tensor3D {
		const steps = tf.transpose(frames, [1, 0, 2]); // [T, rows, F]
		const { outputs } = this.#video.sequence(steps, this.#video.zeroState(frames.shape[0]), {
			live: tf.transpose(live),
		});
		return tf.transpose(outputs, [1, 0, 2]);
	}

	#remember(states: tf.Tensor3D, query: tf.Tensor2D, live: tf.Tensor2D): tf.Tensor2D {
		if (this.#times !== undefined)
			return this.#times.apply([states, query, tf.cast(live, "bool")]) as tf.Tensor2D;
		const [, frames] = live.shape;
		const next = tf.pad(tf.slice(live, [0, 1], [-1, frames - 1]), [
			[0, 0],
			[0, 1],
		]);
		return tf.sum(tf.mul(states, tf.expandDims(tf.sub(live, next), 2)), 1); // of the last frame
	}
}

/** The rows of the videos that the questions are about. */
function ofOwners<T extends tf.Tensor>(x: T, owners: tf.Tensor1D): T {
	const [videos = 0, ...rest] = x.shape;
	const rows = tf.reshape(x, [videos, x.size / videos]) as tf.Tensor2D;
	return tf.reshape(embed(rows, owners), [owners.size, ...rest]) as T;
}
