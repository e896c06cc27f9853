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
import { type AgentLook, GlimpseAgent } from "./glimpse-agent.ts";
import {
	type RecurrentAttentionConfig,
	type ResolvedRecurrentAttentionConfig,
	resolveRecurrentAttention,
} from "./recurrent-attention-config.ts";

/** Images with their classes. */
export interface LabelledImages {
	/** `[batch, height, width, channels]`. */
	readonly images: tf.Tensor4D;
	/** Int32 `[batch]`. */
	readonly labels: tf.Tensor1D;
}

/** One look at a batch of images, place after place. Dispose what is in it. */
export type RollOut = {
	/** Logarithm of the probability of each class after the last glimpse, `[batch, classes]`. */
	readonly logProbs: tf.Tensor2D;
	/** Where it looked, (x, y) in −1 … 1, `[batch, glimpses, 2]`. */
	readonly locations: tf.Tensor3D;
	/** Only where places were drawn: the log-probability of each, `[batch, draws]`; differentiable. */
	readonly drawLogProbs?: tf.Tensor2D;
	/** And the reward that was expected at each, `[batch, draws]`; differentiable. */
	readonly baselines?: tf.Tensor2D;
};

/**
 * Recognises an image by looking at a few places of it, one after the other:
 *
 *     g = glimpse network(patches of the image around l, l)         see GlimpseNetwork
 *     h = relu(W g + b + U h + c)                                   or an LSTM, or two: `core`
 *     l ~ N(tanh(V h + d), std²)                                    see LocationPolicy
 *     class = softmax(A h + e)                                      after the last glimpse
 *
 *     loss = cross entropy + mean (b_t − R)² − w Σ_t log π(l_t) (R − b_t)
 *
 * R is 1 if the most probable class was right and 0 otherwise, and b_t what a layer on the state expected it to be. What is drawn is constant
 * to the gradient, and so are R and b_t in the last term, whose value is left out of the loss because it means nothing.
 *
 * Train it by {@link loss} with a `trainingSeed`, under any optimizer over {@link weights}. Under `captureAttention` every look
 * records where it went, of kind `trajectory`, `['batch', 'step', 'coordinate']`. Call {@link dispose} when it is no longer
 * needed. Weights: `glimpse/…` (see {@link GlimpseNetwork}), `core/…`, `locator/…` (see {@link LocationPolicy}), `classifier/…`,
 * `baseline/…`.
 *
 * Saving: `config` is JSON, and {@link weights} are variables by name, for instance for `writeSafetensors` of `@heed/io`. Loading: a new
 * model of that config, and `assignWeights(model.weights, values)` of `@heed/layers`.
 *
 * Mnih, Heess, Graves, Kavukcuoglu 2014, "Recurrent Models of Visual Attention", https://arxiv.org/abs/1406.6247; with the core
 * `deep`, the two LSTMs of Ba, Mnih, Kavukcuoglu 2014, "Multiple Object Recognition with Visual Attention",
 * https://arxiv.org/abs/1412.7755
 *
 * With the core `deep` it is RAM with the memory of DRAM: it still says one label, its glimpses are read without convolutions by
 * default, and sight and place are added. {@link DeepRecurrentAttentionModel} is DRAM itself: several labels, convolutions, sight
 * times place, and a reward for each label.
 *
 * When not to use it: for accuracy on images that a convolutional network can afford to see whole; learning by reward is slow
 * and noisy.
 */
export class RecurrentAttentionModel {
	/** Every choice made, as JSON: `new RecurrentAttentionModel(model.config)` has the same shape. */
	readonly config: ResolvedRecurrentAttentionConfig;
	readonly #parameters: Parameters;
	readonly #agent: GlimpseAgent;

	/** @throws HeedError `OPTION`, before any weight is made. */
	constructor(config: RecurrentAttentionConfig) {
		this.config = resolveRecurrentAttention(config);
		this.#parameters = new Parameters({ seed: this.config.seed });
		this.#agent = new GlimpseAgent(this.#parameters, "recurrentAttentionModel", {
			...this.config,
			labels: 1,
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
	rollOut(images: tf.Tensor4D, options: { readonly seed?: number | undefined } = {}): RollOut {
		const where = "RecurrentAttentionModel.rollOut";
		checkOptions(where, options, ["seed"]);
		const { seed } = options;
		if (seed !== undefined) checkNumber(where, "seed", seed, { integer: true, min: 0 });
		checkImages(where, images, this.config.channels);
		return tf.tidy(() => ofOneLabel(this.#agent.look(images, seed)));
	}

	/**
	 * How probable each class is, `[batch, classes]`: by one look at the means, or averaged over several that are drawn, whose
	 * log-probabilities are averaged and made to sum to 1 again.
	 *
	 * @param options `rollouts`: how many looks, default 1; `seed`: draw them from this seed, which several need.
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`.
	 */
	predict(images: tf.Tensor4D, options: RecurrentAttentionPredictOptions = {}): tf.Tensor2D {
		const where = "RecurrentAttentionModel.predict";
		const { rollouts, seed } = resolvePredict(where, options);
		checkImages(where, images, this.config.channels);
		return tf.tidy(() => withoutLabels(this.#agent.predict(images, rollouts, seed)));
	}

	/**
	 * The loss above. Without a `trainingSeed` it is the cross entropy of the look at the means, for validation.
	 *
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`; on backends that compute in plain memory (cpu, wasm, tensorflow) also
	 *   `VALUE` for labels out of range.
	 */
	loss(batch: LabelledImages, options: RecurrentAttentionLossOptions = {}): tf.Scalar {
		const where = "RecurrentAttentionModel.loss";
		const resolved = resolveLoss(where, options);
		this.#checkBatch(where, batch);
		return tf.tidy(() => {
			const { images, labels } = repeatBatch(batch, resolved.rollouts);
			return this.#agent.loss(images, tf.expandDims(labels, 1) as tf.Tensor2D, resolved);
		});
	}

	/** Frees the weights. */
	dispose(): void {
		this.#parameters.dispose();
	}

	#checkBatch(where: string, batch: LabelledImages): void {
		checkOptions(`${where} \`batch\``, batch, ["images", "labels"]);
		const { images, labels } = batch;
		checkImages(where, images, this.config.channels);
		const reason = describeShape("images", images.shape);
		checkShape(where, "labels", labels, ["batch"], [images.shape[0]], reason);
		checkDtype(where, "labels", labels, "int32");
		checkIds(where, "labels", labels, this.config.classes, "`classes`");
	}
}

/** `[batch, 1, classes]` without the axis of labels. */
function withoutLabels(x: tf.Tensor3D): tf.Tensor2D {
	return tf.reshape(x, [x.shape[0], x.shape[2]]);
}

function ofOneLabel({ logProbs, ...rest }: AgentLook): RollOut {
	return { logProbs: withoutLabels(logProbs), ...rest };
}
