import { checkDtype, checkNumber, checkOptions, checkShape, describeShape } from "@heed/core";
import { checkIds, Parameters } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import {
	checkImages,
	type RecurrentAttentionLossOptions,
	type RecurrentAttentionPredictOptions,
	repeatBatch,
	resolveLoss,
	resolvePredict,
} from "./agent-options.ts";
import {
	type DeepRecurrentAttentionConfig,
	type ResolvedDeepRecurrentAttentionConfig,
	resolveDeepAttention,
} from "./deep-attention-config.ts";
import { type AgentLook, GlimpseAgent } from "./glimpse-agent.ts";

/** Images, each with the labels of what is in it, in order. */
export interface SequenceLabelledImages {
	/** `[batch, height, width, channels]`. */
	readonly images: tf.Tensor4D;
	/** Int32 `[batch, labels]`; −1: does not count, behind the end of a shorter sequence. */
	readonly labels: tf.Tensor2D;
}

/** One look at a batch of images, place after place and label after label. Dispose what is in it. */
export type SequenceRollOut = {
	/** Logarithm of the probability of each class for each label, `[batch, labels, classes]`. */
	readonly logProbs: tf.Tensor3D;
	/** Where it looked, (x, y) in −1 … 1, `[batch, labels · glimpses, 2]`. */
	readonly locations: tf.Tensor3D;
	/** Only where places were drawn: the log-probability of each, `[batch, labels · glimpses]`; differentiable. */
	readonly drawLogProbs?: tf.Tensor2D;
	/** And the reward that was expected at each, of the same shape; differentiable. */
	readonly baselines?: tf.Tensor2D;
};

/**
 * Reads several objects off an image by a few glimpses for each, and learns from their labels alone where to look (DRAM):
 *
 *     h₂ = relu(W · convolutions(the whole image, coarse) + b), h₁ = 0
 *     `labels` times: `glimpses` times:
 *         l ~ N(tanh(V · relu(… h₂)), std²)                         see LocationPolicy
 *         g = relu(convolutions(patches around l) …) ∘ relu(… l)    see GlimpseNetwork
 *         h₁ = LSTM(g, h₁);   h₂ = LSTM(h₁, h₂)
 *     then p(label s) = softmax(A · relu(… h₁))
 *
 *     loss = Σ_s cross entropy_s + mean (b_t − R_t)² − w Σ_t log π(l_t) (R_t − b_t)
 *
 * The upper LSTM, which has seen the image, says where, and the lower one, which has not, says what. R_t is how many of the labels from
 * the one that glimpse t serves on were said right, b_t what a layer on h₂ expected that to be; a label −1 and its glimpses do not count.
 * What is drawn is constant to the gradient, and so are R and b in the last term, whose value is left out of the loss.
 *
 * Train it by {@link loss} with a `trainingSeed`, under any optimizer over {@link weights}. Under `captureAttention` every look
 * records where it went, of kind `trajectory`, `['batch', 'step', 'coordinate']`. Call {@link dispose} when it is no longer needed.
 * Weights: `glimpse/…` (see {@link GlimpseNetwork}), `core/lower/…`, `core/upper/…`, `core/context/…`, `locator/…` (see {@link
 * LocationPolicy}), `classifier/hidden/…`, `classifier/…`, `baseline/…`.
 *
 * Saving: `config` is JSON, and {@link weights} are variables by name, for instance for `writeSafetensors` of `@heed/io`. Loading: a new
 * model of that config, and `assignWeights(model.weights, values)` of `@heed/layers`.
 *
 * Ba, Mnih, Kavukcuoglu 2014, "Multiple Object Recognition with Visual Attention", https://arxiv.org/abs/1412.7755; what a reward
 * is credited to: Williams 1992, https://doi.org/10.1007/BF00992696
 *
 * When not to use it: for one label, {@link RecurrentAttentionModel}, whose core `deep` has the same two LSTMs; where a convolutional
 * network can see the whole image, whose maps a decoder with attention reads with less noise.
 */
export class DeepRecurrentAttentionModel {
	/** Every choice made, as JSON: `new DeepRecurrentAttentionModel(model.config)` has the same shape. */
	readonly config: ResolvedDeepRecurrentAttentionConfig;
	readonly #parameters: Parameters;
	readonly #agent: GlimpseAgent;

	/** @throws HeedError `OPTION`, before any weight is made. */
	constructor(config: DeepRecurrentAttentionConfig) {
		this.config = resolveDeepAttention(config);
		this.#parameters = new Parameters({ seed: this.config.seed });
		this.#agent = new GlimpseAgent(this.#parameters, "deepRecurrentAttentionModel", {
			...this.config,
			...{ core: "deep", start: "policy", lastStepInLoss: false },
			policy: { ...this.config.policy, detach: false },
		});
	}

	/** Every weight by its path. */
	get weights(): ReadonlyMap<string, tf.Variable> {
		return this.#parameters.variables;
	}

	/**
	 * Looks at images, by the mean of the policy, or with a seed by drawing.
	 *
	 * @param images `[batch, height, width, channels]`, of any height and width.
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`.
	 */
	rollOut(images: tf.Tensor4D, options: { readonly seed?: number | undefined } = {}): SequenceRollOut {
		const where = "DeepRecurrentAttentionModel.rollOut";
		checkOptions(where, options, ["seed"]);
		const { seed } = options;
		if (seed !== undefined) checkNumber(where, "seed", seed, { integer: true, min: 0 });
		checkImages(where, images, this.config.channels);
		return this.#agent.look(images, seed) satisfies AgentLook;
	}

	/**
	 * How probable each class is for each label, `[batch, labels, classes]`: by one look at the means, or averaged over several that
	 * are drawn, whose log-probabilities are averaged and made to sum to 1 again.
	 *
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`.
	 */
	predict(images: tf.Tensor4D, options: RecurrentAttentionPredictOptions = {}): tf.Tensor3D {
		const where = "DeepRecurrentAttentionModel.predict";
		const { rollouts, seed } = resolvePredict(where, options);
		checkImages(where, images, this.config.channels);
		return this.#agent.predict(images, rollouts, seed);
	}

	/**
	 * The loss above. Without a `trainingSeed` it is the cross entropy of the look at the means, for validation.
	 *
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`; on backends that compute in plain memory (cpu, wasm, tensorflow) also
	 *   `VALUE` for labels out of range.
	 */
	loss(batch: SequenceLabelledImages, options: RecurrentAttentionLossOptions = {}): tf.Scalar {
		const where = "DeepRecurrentAttentionModel.loss";
		const resolved = resolveLoss(where, options);
		this.#checkBatch(where, batch);
		return tf.tidy(() => {
			const { images, labels } = repeatBatch(batch, resolved.rollouts);
			return this.#agent.loss(images, labels, resolved);
		});
	}

	/** Frees the weights. */
	dispose(): void {
		this.#parameters.dispose();
	}

	#checkBatch(where: string, batch: SequenceLabelledImages): void {
		checkOptions(`${where} \`batch\``, batch, ["images", "labels"]);
		const { images, labels } = batch;
		const { channels, classes, labels: count } = this.config;
		checkImages(where, images, channels);
		const reason = `${describeShape("images", images.shape)} and \`labels\` ${count} of the config`;
		checkShape(where, "labels", labels, ["batch", "labels"], [images.shape[0], count], reason);
		checkDtype(where, "labels", labels, "int32");
		tf.tidy(() => {
			const counted = tf.where(tf.equal(labels, -1), tf.zerosLike(labels), labels);
			checkIds(where, "labels", counted, classes, "`classes`, or -1");
		});
	}
}
