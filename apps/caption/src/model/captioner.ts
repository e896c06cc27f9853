import { doublyStochasticPenalty, maskedLogSoftmax } from "@heed/core";
import { type Dense, dropoutStream, embed, makeDense, Parameters } from "@heed/layers";
import {
	AttentionalDecoder,
	type DecoderState,
	RewardBaseline,
	type StepDecoder,
	type StepResult,
	sequenceLoss,
} from "@heed/nlp";
import * as tf from "@tensorflow/tfjs-core";
import type { ModelSettings } from "../settings.ts";
import type { CaptionBatch } from "./caption-batch.ts";
import { mapAttention } from "./map-attention.ts";
import { PictureEncoder } from "./picture-encoder.ts";
import { SeenLoss } from "./seen-loss.ts";

/** What a {@link Captioner} decodes from. */
export type Pictures = { readonly pictures: tf.Tensor4D };

/** Weights of the terms that `Captioner.loss` adds, and the seed of the step, see there. */
export interface CaptionLossOptions {
	readonly trainingSeed?: number | undefined;
}

/**
 * Show, Attend and Tell: describes a picture in words, and looks at it again for each.
 *
 *     map  = convolutions(picture)                                   see PictureEncoder
 *     h_0  = tanh(W · mean of the map + b), and the same for the cell
 *     h_t  = LSTM([y_{t−1}; v_{t−1}], h_{t−1})                       v_0 = 0
 *     z_t  = attend(h_t, map)                                        see mapAttention
 *     v_t  = tanh(U [z_t; h_t] + c);   p(y_t) = softmax(V v_t + d)
 *
 * In the paper the state before the word asks, h_{t−1}. Here the one that knows it does, and the next step is told what was
 * seen: that learns faster.
 *
 * Xu et al. 2015, "Show, Attend and Tell: Neural Image Caption Generation with Visual Attention",
 * https://arxiv.org/abs/1502.03044, whose encoder was trained on ImageNet beforehand; here all is trained on the captions.
 */
export class Captioner implements StepDecoder<Pictures, DecoderState> {
	readonly classes: number;
	/** Height and width of the map that is looked at. */
	readonly side: number;
	readonly #settings: ModelSettings;
	readonly #parameters: Parameters;
	readonly #encoder: PictureEncoder;
	readonly #seen: SeenLoss | undefined;
	readonly #decoder: AttentionalDecoder;
	readonly #embedding: tf.Variable<tf.Rank.R2>;
	readonly #output: Dense;
	readonly #baseline: RewardBaseline | undefined;

	/** @throws HeedError `OPTION`. No weights stay behind then. */
	constructor(settings: ModelSettings, vocabularySize: number) {
		const { attention, order, cell, size, channels, halvings, units, embedding, attentionUnits, seen, seed } =
			settings;
		this.classes = vocabularySize;
		this.#settings = settings;
		this.#parameters = new Parameters({ seed });
		try {
			const scope = (name: string) => this.#parameters.scope(name);
			this.#encoder = new PictureEncoder(scope("encoder"), { size, channels, halvings });
			this.#seen = seen > 0 ? new SeenLoss(scope("seen"), this.#encoder) : undefined;
			this.side = this.#encoder.side;
			this.#embedding = this.#parameters.add("embedding", [vocabularySize, embedding], "standardNormal");
			this.#decoder = new AttentionalDecoder(scope("decoder"), {
				embeddingSize: embedding,
				units,
				cell,
				layers: 1,
				attention: mapAttention(attention, { order, units: attentionUnits, side: this.side, seed }),
				attend: "afterCell",
				inputFeeding: true,
				bridge: "dense",
				memorySize: this.#encoder.channels,
				seed,
			});
			this.#output = makeDense(scope("output"), { inputSize: units, outputSize: vocabularySize });
		} catch (error) {
			this.#parameters.dispose();
			throw error;
		}
		this.#baseline = attention === "hard" ? new RewardBaseline() : undefined;
	}

	/** Every weight by its name. */
	get weights(): ReadonlyMap<string, tf.Variable> {
		return this.#parameters.variables;
	}

	/** What training remembers beside the weights: the running mean of the rewards of hard attention. */
	get trainingState(): ReadonlyMap<string, tf.Variable> {
		return this.#baseline?.variables ?? new Map();
	}

	/**
	 * The mean cross entropy per word, each predicted from the true words before it, and while training how badly the map tells
	 * what is where (of scenes, see SeenLoss), the doubly stochastic penalty `λ · mean (1 − Σ_t α_ti)²` and what hard attention
	 * learns from, whose value is 0.
	 */
	loss(batch: CaptionBatch, { trainingSeed: seed }: CaptionLossOptions = {}): tf.Scalar {
		const { doublyStochastic, entropy, dropout, attention, seen: seenWeight } = this.#settings;
		return tf.tidy(() => {
			const { labels, live, seen } = batch;
			const map = this.#encoder.encode(batch.pictures);
			const drop = dropoutStream(dropout, seed).drop;
			const embedded = drop(embed(this.#embedding, batch.inputs) as tf.Tensor3D); // [T, B, E]
			const steps = this.#decoder.run(embedded, this.#startFrom(map, 1), { seed });
			const logits = this.#output(drop(steps.vectors)); // [T, B, V]
			const flat: tf.Tensor2D = tf.reshape(logits, [labels.size, this.classes]);
			const terms = [
				sequenceLoss(flat, tf.reshape(labels, [-1]), { live: tf.reshape(live, [-1]) as tf.Tensor1D }),
			];
			if (seed === undefined) return terms[0] as tf.Scalar;
			if (doublyStochastic > 0 && attention !== "none") {
				const stepMask = tf.cast(tf.transpose(live), "bool") as tf.Tensor2D; // [B, T]
				const options = { lambda: doublyStochastic, reduction: "mean", stepMask } as const;
				terms.push(doublyStochasticPenalty(steps.alignment, options));
			}
			if (this.#seen && seen) terms.push(tf.mul(this.#seen.loss(map, seen), seenWeight));
			if (this.#baseline && steps.sample) {
				terms.push(
					this.#baseline.term({
						sample: steps.sample,
						tokenLogProb: logProbsOf(labels, flat),
						live,
						reward: "sentence",
						reinforceWeight: 1,
						entropyWeight: entropy,
					}),
				);
			}
			return tf.addN(terms) as tf.Scalar;
		});
	}

	batchSize({ pictures }: Pictures): number {
		return pictures.shape[0];
	}

	start({ pictures }: Pictures, beams: number): DecoderState {
		return tf.tidy(() => this.#startFrom(this.#encoder.encode(pictures), beams));
	}

	step(tokens: tf.Tensor1D, state: DecoderState): StepResult<DecoderState> {
		return tf.tidy(() => {
			const embedded = embed(this.#embedding, tokens) as tf.Tensor2D;
			const { vector, alignment, state: next } = this.#decoder.step(embedded, state);
			return { logProbs: tf.logSoftmax(this.#output(vector)), alignment, state: next };
		});
	}

	reorder(state: DecoderState, indices: tf.Tensor1D): DecoderState {
		return tf.tidy(() => this.#decoder.reorder(state, indices));
	}

	/** Frees the weights. */
	dispose(): void {
		this.#parameters.dispose();
		this.#baseline?.dispose();
	}

	/** The state before the first word, each picture `beams` times in a row. */
	#startFrom(map: tf.Tensor4D, beams: number): DecoderState {
		const { channels, side } = this.#encoder;
		const [batch] = map.shape;
		const flat = tf.reshape(map, [batch, 1, side * side, channels]);
		const rows = batch * beams;
		const repeated = beams === 1 ? flat : tf.tile(flat, [1, beams, 1, 1]);
		const memory: tf.Tensor3D = tf.reshape(repeated, [rows, side * side, channels]);
		return this.#decoder.start({ memory, state: [[[tf.mean(memory, 1)]]] });
	}
}

/** The log-probability of each label, `[T, B]`, by logits `[T · B, V]`. It is a reward, so nothing is learned through it. */
function logProbsOf(labels: tf.Tensor2D, logits: tf.Tensor2D): tf.Tensor2D {
	const oneHot = tf.cast(tf.oneHot(tf.reshape(labels, [-1]) as tf.Tensor1D, logits.shape[1]), "float32");
	return tf.reshape(tf.sum(tf.mul(oneHot, maskedLogSoftmax(logits)), 1), labels.shape);
}
