import {
	checkDtype,
	checkNotEmpty,
	checkNumber,
	checkOptions,
	checkShape,
	describeShape,
	HeedError,
	maskedLogSoftmax,
	reinforceSurrogate,
	stopGradient,
} from "@heed/core";
import { checkIds, type Dense, makeDense, Parameters, recordAttention, seedFor } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { type GlimpseFeatures, makeGlimpseNetwork } from "./glimpse-network.ts";
import { LocationPolicy } from "./location-policy.ts";
import {
	type RecurrentAttentionConfig,
	type ResolvedRecurrentAttentionConfig,
	resolveRecurrentAttention,
} from "./recurrent-attention-config.ts";
import { makeCore, type RecurrentCore } from "./recurrent-core.ts";
import { takeGlimpses } from "./take-glimpses.ts";

/** Images with their classes. */
export interface LabelledImages {
	/** `[batch, height, width, channels]`. */
	readonly images: tf.Tensor4D;
	/** Int32 `[batch]`. */
	readonly labels: tf.Tensor1D;
}

/** What {@link RecurrentAttentionModel.loss} accepts. */
export interface RecurrentAttentionLossOptions {
	/** Draw places from this seed, and learn where to look: another one for every step. Default: the means, which teach nothing. */
	readonly trainingSeed?: number | undefined;
	/** How often every image is looked at, each time elsewhere; more make the gradient less noisy. Default 1. */
	readonly rollouts?: number | undefined;
	/** Weight of the term that learns where to look. Default 0.01. */
	readonly reinforceWeight?: number | undefined;
	/** Weight of the squared error of the baseline. Default 1. */
	readonly baselineWeight?: number | undefined;
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
 * Mnih, Heess, Graves, Kavukcuoglu 2014, "Recurrent Models of Visual Attention", https://arxiv.org/abs/1406.6247; with the core
 * `deep`, in the manner of Ba, Mnih, Kavukcuoglu 2014, "Multiple Object Recognition with Visual Attention",
 * https://arxiv.org/abs/1412.7755
 *
 * When not to use it: for accuracy on images that a convolutional network can afford to see whole; learning by reward is slow
 * and noisy.
 */
export class RecurrentAttentionModel {
	/** Every choice made, as JSON: `new RecurrentAttentionModel(model.config)` has the same shape. */
	readonly config: ResolvedRecurrentAttentionConfig;
	readonly #parameters: Parameters;
	readonly #features: GlimpseFeatures;
	readonly #core: RecurrentCore;
	readonly #policy: LocationPolicy;
	readonly #classifier: Dense;
	readonly #baseline: Dense;

	/** @throws HeedError `OPTION`, before any weight is made. */
	constructor(config: RecurrentAttentionConfig) {
		this.config = resolveRecurrentAttention(config);
		const { classes, channels, glimpse, core, units, contextSize = 0, policy, seed } = this.config;
		this.#parameters = new Parameters({ seed });
		const scope = (name: string) => this.#parameters.scope(name);
		const pixels = glimpse.patchSize ** 2 * glimpse.numScales * channels;
		this.#features = makeGlimpseNetwork(scope("glimpse"), pixels, glimpse);
		const sizes = { kind: core, glimpseUnits: glimpse.units, units, contextSize, channels };
		this.#core = makeCore(scope("core"), sizes);
		this.#policy = new LocationPolicy(scope("locator"), units, policy);
		this.#classifier = makeDense(scope("classifier"), { inputSize: units, outputSize: classes });
		this.#baseline = makeDense(scope("baseline"), { inputSize: units, outputSize: 1 });
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
		this.#checkImages(where, images);
		return tf.tidy(() => this.#run(images, seed));
	}

	/**
	 * How probable each class is, `[batch, classes]`: by one look at the means, or averaged over several that are drawn, whose
	 * log-probabilities are averaged and made to sum to 1 again.
	 *
	 * @param options `rollouts`: how many looks, default 1; `seed`: draw them from this seed, which several need.
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`.
	 */
	predict(
		images: tf.Tensor4D,
		options: { readonly rollouts?: number | undefined; readonly seed?: number | undefined } = {},
	): tf.Tensor2D {
		const where = "RecurrentAttentionModel.predict";
		checkOptions(where, options, ["rollouts", "seed"]);
		const { rollouts = 1, seed } = options;
		checkNumber(where, "rollouts", rollouts, { integer: true, min: 1 });
		if (seed !== undefined) checkNumber(where, "seed", seed, { integer: true, min: 0 });
		if (rollouts > 1 && seed === undefined) {
			const message = `\`rollouts\` is ${rollouts} without \`seed\`: all would be the same. Give a \`seed\`.`;
			throw new HeedError("OPTION", where, message);
		}
		this.#checkImages(where, images);
		return tf.tidy(() => {
			const looks = Array.from({ length: rollouts }, (_, i) => {
				const own = seed === undefined ? undefined : seedFor(seed, `rollout/${i}`);
				return tf.tidy(() => this.#run(images, own).logProbs);
			});
			return tf.softmax(tf.div(tf.addN(looks), rollouts) as tf.Tensor2D);
		});
	}

	/**
	 * The loss above. Without a `trainingSeed` it is the cross entropy of the look at the means, for validation.
	 *
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`; on backends that compute in plain memory (cpu, wasm, tensorflow) also
	 *   `VALUE` for labels out of range.
	 */
	loss(batch: LabelledImages, options: RecurrentAttentionLossOptions = {}): tf.Scalar {
		const where = "RecurrentAttentionModel.loss";
		checkOptions(where, options, ["trainingSeed", "rollouts", "reinforceWeight", "baselineWeight"]);
		const { trainingSeed, rollouts = 1, reinforceWeight = 0.01, baselineWeight = 1 } = options;
		if (trainingSeed !== undefined)
			checkNumber(where, "trainingSeed", trainingSeed, { integer: true, min: 0 });
		checkNumber(where, "rollouts", rollouts, { integer: true, min: 1 });
		checkNumber(where, "reinforceWeight", reinforceWeight, { min: 0 });
		checkNumber(where, "baselineWeight", baselineWeight, { min: 0 });
		this.#checkBatch(where, batch);
		return tf.tidy(() => {
			const repeats = trainingSeed === undefined ? 1 : rollouts;
			const images = repeats === 1 ? batch.images : tf.tile(batch.images, [repeats, 1, 1, 1]);
			const labels = repeats === 1 ? batch.labels : tf.tile(batch.labels, [repeats]);
			const { logProbs, drawLogProbs, baselines } = this.#run(images, trainingSeed);
			const target = tf.cast(tf.oneHot(labels, this.config.classes), "float32");
			const [rows] = images.shape;
			const crossEntropy = tf.div(tf.neg(tf.sum(tf.mul(logProbs, target))), rows) as tf.Scalar;
			if (drawLogProbs === undefined || baselines === undefined) return crossEntropy;
			const said = tf.argMax(stopGradient(logProbs), 1);
			const reward = tf.reshape(tf.cast(tf.equal(said, labels), "float32"), [rows, 1]);
			const error = tf.mul(tf.mean(tf.square(tf.sub(baselines, reward))), baselineWeight);
			const options = { baseline: baselines, rewardWeight: reinforceWeight };
			const term = reinforceSurrogate(drawLogProbs, reward, options);
			return tf.addN([crossEntropy, error, tf.sub(term, stopGradient(term))]) as tf.Scalar;
		});
	}

	/** Frees the weights. */
	dispose(): void {
		this.#parameters.dispose();
	}

	#run(images: tf.Tensor4D, seed: number | undefined): RollOut {
		const { glimpses, glimpse, lastStepInLoss } = this.config;
		const seen: tf.Tensor2D[] = [];
		const drawn: tf.Tensor1D[] = [];
		const expected: tf.Tensor2D[] = [];
		let state = this.#core.start(images);
		const choose = (): tf.Tensor2D => {
			const read = this.#core.place(state);
			if (seed === undefined) return stopGradient(this.#policy.mean(read));
			const choice = this.#policy.draw(read, { seed: seedFor(seed, `location/${drawn.length}`) });
			drawn.push(choice.logProb);
			expected.push(this.#baseline(stopGradient(read)));
			return choice.location;
		};
		let location = this.#first(images.shape[0], seed) ?? choose();
		for (let t = 1; t <= glimpses; t++) {
			seen.push(location);
			const features = this.#features(takeGlimpses(images, location, glimpse), location);
			state = this.#core.step(features, state);
			if (t < glimpses || (lastStepInLoss && seed !== undefined)) location = choose();
		}
		const locations = tf.stack(seen, 1) as tf.Tensor3D; // [B, T, 2]
		const { patchSize, numScales, scale } = glimpse;
		const meta = { mechanism: "recurrentAttentionModel", patchSize, numScales, scale };
		const axes = ["batch", "step", "coordinate"];
		recordAttention({ layer: "locator", kind: "trajectory", axes, weights: locations, meta });
		const logProbs = maskedLogSoftmax(this.#classifier(this.#core.action(state)));
		if (drawn.length === 0) return { logProbs, locations };
		const baselines = tf.concat(expected, 1);
		return { logProbs, locations, drawLogProbs: tf.stack(drawn, 1) as tf.Tensor2D, baselines };
	}

	/** The place of the first glimpse, if no policy names it. */
	#first(batch: number, seed: number | undefined): tf.Tensor2D | undefined {
		const { start } = this.config;
		if (start === "policy") return undefined;
		if (start === "centre" || seed === undefined) return tf.zeros([batch, 2]);
		return tf.randomUniform([batch, 2], -1, 1, "float32", seedFor(seed, "start")) as tf.Tensor2D;
	}

	#checkImages(where: string, images: tf.Tensor): void {
		const axes = ["batch", "height", "width", "channels"];
		const expected = [null, null, null, this.config.channels];
		checkShape(where, "images", images, axes, expected, "the config");
		checkDtype(where, "images", images, "float32");
		checkNotEmpty(where, "images", images, axes);
	}

	#checkBatch(where: string, batch: LabelledImages): void {
		checkOptions(`${where} \`batch\``, batch, ["images", "labels"]);
		const { images, labels } = batch;
		this.#checkImages(where, images);
		const reason = describeShape("images", images.shape);
		checkShape(where, "labels", labels, ["batch"], [images.shape[0]], reason);
		checkDtype(where, "labels", labels, "int32");
		checkIds(where, "labels", labels, this.config.classes, "`classes`");
	}
}
