import { type Dense, dropoutStream, embed, makeDense, makeNorm, type Norm, Parameters } from "@heed/layers";
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
import { FrameNetwork, seenLoss } from "./frame-network.ts";
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
	/** What the loss of telling what frames show counts in training, beside that of the answers. */
	readonly seenWeight: number;
	readonly seed: number;
}

/**
 * Answers questions about videos as in TGIF-QA:
 *
 *     q = N(the last state of an LSTM over the words)                      [Q, U]
 *     x[t] = convolutions over frame t                                     [V, T, h, w, F]
 *     m[t] = [N(mean, maximum over the places of x[t]); N(what is seen)]   [V, T, 2 F + classes]
 *     spatial: m[t] = [N(the places of x[t] that q asks for); m[t]]        [Q, T, 3 F + classes]
 *     s[t] = N(LSTM over m)                                                [Q or V, T, U]
 *     y = temporal: the states s that q asks for; else the last one        [Q, U]
 *     z = N(C y + c);   answer = softmax of A relu(B [z + q; z ∘ q] + b) + a
 *
 * Glossary: V videos, Q questions, T frames, U units, F features, N layer normalisation: without it question and video meet in
 * numbers that are so small that their product, and the bend of the attention's tanh, teach nothing for many epochs. With
 * neither attention this is the LRCN form: frames, CNN, LSTM.
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
	readonly #norms: Readonly<Record<"query" | "whole" | "seen" | "asked" | "states" | "found", Norm>>;
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
		const frameSize = (this.#places === undefined ? 2 : 3) * features + seenClasses;
		this.#video = new LstmCell(parameters.scope("video"), { inputSize: frameSize, units });
		if (attention === "temporal" || attention === "both") {
			this.#times = queryTemporalAttention({ units: attentionUnits, seed });
			adoptLayer(parameters.scope("times"), this.#times, [
				[null, null, units],
				[null, units],
			]);
		}
		const norm = (name: string, size: number): Norm => makeNorm(parameters.scope(`${name}_norm`), size, {});
		this.#norms = {
			query: norm("query", units),
			whole: norm("whole", 2 * features),
			seen: seenClasses > 0 ? norm("seen", seenClasses) : (x) => x,
			asked: this.#places === undefined ? (x) => x : norm("asked", features),
			states: norm("states", units),
			found: norm("found", units),
		};
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

	/**
	 * The mean cross entropy of the answers, in training with that of what is seen, and the share of right answers.
	 *
	 * @param trainingSeed Of what is dropped; absent where nothing is trained.
	 */
	loss(
		batch: QuestionBatch,
		trainingSeed?: number,
	): { readonly loss: tf.Scalar; readonly accuracy: tf.Scalar } {
		const maps = this.#frames.look(batch.video);
		const logits = this.#logits(batch, maps, trainingSeed);
		const rows = tf.cast(tf.oneHot(batch.answers, this.config.answers), "float32");
		const likelihood = tf.sum(tf.mul(tf.logSoftmax(logits), rows), 1);
		const right = tf.equal(tf.argMax(logits, 1), batch.answers);
		const loss: tf.Scalar = tf.neg(tf.mean(likelihood));
		const accuracy: tf.Scalar = tf.mean(tf.cast(right, "float32"));
		const { seenWeight } = this.config;
		if (batch.seen === undefined || trainingSeed === undefined || seenWeight === 0) return { loss, accuracy };
		const scores = this.#see(maps);
		const seen = seenLoss(scores, tf.reshape(batch.seen, scores.shape));
		return { loss: tf.add(loss, tf.mul(seen, seenWeight)), accuracy };
	}

	/** How badly the convolutions tell what some frames show. */
	seenLoss({ pairs, seen }: FrameBatch): tf.Scalar {
		return seenLoss(this.#frames.see(this.#frames.lookAt(pairs)), seen);
	}

	/** Frees the weights. */
	dispose(): void {
		this.#parameters.dispose();
	}

	#logits(batch: QuestionBatch, maps: tf.Tensor5D, trainingSeed?: number): tf.Tensor2D {
		const { ids, lengths } = batch;
		const dropout = dropoutStream(this.config.dropout, trainingSeed);
		const { state } = this.#question.encode(ids, lengths);
		const query = this.#norms.query(state[0]?.[0]?.[0] as tf.Tensor2D); // [Q, U]
		const found = this.#norms.found(this.#fuse(this.#ask(maps, query, batch))); // [Q, U]
		const met = tf.concat([tf.add(found, query), tf.mul(found, query)], 1) as tf.Tensor2D; // [Q, 2 U]
		const hidden: tf.Tensor2D = tf.relu(this.#hidden(met)); // [Q, 2 U]
		return this.#output(dropout.drop(hidden));
	}

	/** What the video says to the questions, `[Q, U]`. */
	#ask(maps: tf.Tensor5D, query: tf.Tensor2D, { owners, live }: QuestionBatch): tf.Tensor2D {
		const ownMask = tf.gather(live, owners); // [Q, T]
		const whole = this.#summarize(maps); // [V, T, 2 F + classes]
		if (this.#places === undefined) {
			return this.#remember(ofOwners(this.#watch(whole, live), owners), query, ownMask);
		}
		const own = ofOwners(maps, owners); // [Q, T, h, w, F]
		const found = this.#places.apply([own, query, tf.cast(ownMask, "bool")]) as tf.Tensor3D;
		const both = tf.concat([this.#norms.asked(found), ofOwners(whole, owners)], 2); // [Q, T, 3 F + classes]
		return this.#remember(this.#watch(both, ownMask), query, ownMask);
	}

	/** What every frame as a whole tells: the mean and the maximum over its places, and how sure it is what is seen. */
	#summarize(maps: tf.Tensor5D): tf.Tensor3D {
		const [videos, frames, rows, columns, features] = maps.shape;
		const places = tf.reshape(maps, [videos, frames, rows * columns, features]);
		const pooled: tf.Tensor3D = tf.concat(
			[tf.mean(places, 2) as tf.Tensor3D, tf.max(places, 2) as tf.Tensor3D],
			2,
		);
		const whole = this.#norms.whole(pooled);
		const { seenClasses } = this.config;
		if (seenClasses === 0) return whole;
		const seen: tf.Tensor3D = tf.reshape(tf.sigmoid(this.#see(maps)), [videos, frames, seenClasses]);
		return tf.concat([whole, this.#norms.seen(seen)], 2); // apart: the features are larger
	}

	/** Scores of each class being seen in each frame, `[V · T, classes]`. */
	#see(maps: tf.Tensor5D): tf.Tensor2D {
		const [videos, frames, rows, columns, features] = maps.shape;
		return this.#frames.see(tf.reshape(maps, [videos * frames, rows, columns, features]));
	}

	/** The states of the LSTM, `[rows, T, U]`; the last state repeats behind the end. */
	#watch(frames: tf.Tensor3D, live: tf.Tensor2D): tf.Tensor3D {
		const steps = tf.transpose(frames, [1, 0, 2]); // [T, rows, features]
		const { outputs } = this.#video.sequence(steps, this.#video.zeroState(frames.shape[0]), {
			live: tf.transpose(live),
		});
		return this.#norms.states(tf.transpose(outputs, [1, 0, 2]));
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
