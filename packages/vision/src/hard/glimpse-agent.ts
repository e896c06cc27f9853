import { maskedLogSoftmax, reinforceSurrogate, stopGradient } from "@heed/core";
import { type Dense, makeDense, type ParameterScope, recordAttention, seedFor } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { type GlimpseFeatures, makeGlimpseNetwork, type ResolvedGlimpseNetwork } from "./glimpse-network.ts";
import { LocationPolicy, type ResolvedLocationPolicy } from "./location-policy.ts";
import { makeCore, type RecurrentCore } from "./recurrent-core.ts";
import { type GlimpseWindow, takeGlimpses } from "./take-glimpses.ts";

/** What a {@link GlimpseAgent} is made of. */
export interface GlimpseAgentConfig {
	readonly classes: number;
	readonly channels: number;
	/** How many labels it says of an image, one after the other. */
	readonly labels: number;
	/** How many times it looks for each of them. */
	readonly glimpses: number;
	readonly glimpse: GlimpseWindow & ResolvedGlimpseNetwork;
	readonly core: "rnn" | "lstm" | "deep";
	readonly units: number;
	readonly contextSize?: number | undefined;
	readonly contextFilters?: readonly number[] | undefined;
	readonly classifierUnits?: number | undefined;
	readonly policy: ResolvedLocationPolicy;
	readonly start: "centre" | "random" | "policy";
	readonly lastStepInLoss: boolean;
}

/** One look at a batch of images, place after place. */
export type AgentLook = {
	/** `[batch, labels, classes]`. */
	readonly logProbs: tf.Tensor3D;
	/** (x, y) in −1 … 1, `[batch, labels · glimpses, 2]`. */
	readonly locations: tf.Tensor3D;
	/** Only where places were drawn: the log-probability of each, `[batch, draws]`; differentiable. */
	readonly drawLogProbs?: tf.Tensor2D;
	/** And the reward that was expected at each, `[batch, draws]`; differentiable. */
	readonly baselines?: tf.Tensor2D;
};

/** How a loss is put together. */
export interface AgentLossOptions {
	readonly trainingSeed: number | undefined;
	readonly reinforceWeight: number;
	readonly baselineWeight: number;
}

/** What looks at images by glimpses and says what it saw: the networks and the loss of the models here. Nothing is checked. */
export class GlimpseAgent {
	readonly #config: GlimpseAgentConfig;
	readonly #mechanism: string;
	readonly #features: GlimpseFeatures;
	readonly #core: RecurrentCore;
	readonly #policy: LocationPolicy;
	readonly #classifier: (state: tf.Tensor2D) => tf.Tensor2D;
	readonly #baseline: Dense;

	/** @param mechanism What its records say that it is. */
	constructor(parameters: ParameterScope, mechanism: string, config: GlimpseAgentConfig) {
		this.#config = config;
		this.#mechanism = mechanism;
		const { classes, channels, glimpse, core, units, contextSize = 0, contextFilters, policy } = config;
		const scope = (name: string): ParameterScope => parameters.scope(name);
		this.#features = makeGlimpseNetwork(scope("glimpse"), channels * glimpse.numScales, glimpse);
		const sizes = { kind: core, glimpseUnits: glimpse.units, units, contextSize, contextFilters, channels };
		this.#core = makeCore(scope("core"), sizes);
		this.#policy = new LocationPolicy(scope("locator"), units, policy);
		this.#classifier = makeClassifier(scope("classifier"), units, classes, config.classifierUnits);
		this.#baseline = makeDense(scope("baseline"), { inputSize: units, outputSize: 1 });
	}

	/** Looks by the means of the policy, or with a seed by drawing. */
	look(images: tf.Tensor4D, seed: number | undefined): AgentLook {
		return tf.tidy(() => this.#look(images, seed));
	}

	/** How probable each class is, averaged over several looks: `[batch, labels, classes]`. */
	predict(images: tf.Tensor4D, rollouts: number, seed: number | undefined): tf.Tensor3D {
		return tf.tidy(() => {
			const looks = Array.from({ length: rollouts }, (_, i) => {
				const own = seed === undefined ? undefined : seedFor(seed, `rollout/${i}`);
				return tf.tidy(() => this.#look(images, own).logProbs);
			});
			return tf.softmax(tf.div(tf.addN(looks), rollouts) as tf.Tensor3D);
		});
	}

	/**
	 * The loss: cross entropy, and with a `trainingSeed` the error of the baseline and the term that learns where to look.
	 *
	 * @param labels Int32 `[batch, labels]`; one below 0 does not count.
	 */
	loss(images: tf.Tensor4D, labels: tf.Tensor2D, options: AgentLossOptions): tf.Scalar {
		const { trainingSeed, reinforceWeight, baselineWeight } = options;
		return tf.tidy(() => {
			const { logProbs, drawLogProbs, baselines } = this.#look(images, trainingSeed);
			const [rows] = images.shape;
			const counts = tf.greaterEqual(labels, 0); // [B, S]
			const live = tf.cast(counts, "float32");
			const target = tf.cast(
				tf.oneHot(tf.where(counts, labels, tf.zerosLike(labels)), this.#config.classes),
				"float32",
			);
			const ofLabels = tf.mul(tf.sum(tf.mul(logProbs, target), 2), live); // [B, S]
			const crossEntropy = tf.div(tf.neg(tf.sum(ofLabels)), rows) as tf.Scalar;
			if (drawLogProbs === undefined || baselines === undefined) return crossEntropy;
			const said = tf.argMax(stopGradient(logProbs), 2);
			const right = tf.mul(tf.cast(tf.equal(said, labels), "float32"), live) as tf.Tensor2D;
			const reward = tf.matMul(
				right,
				this.#byDraw(drawLogProbs.shape[1], (s, own) => s >= own),
			); // [B, draws]
			const counted = tf.matMul(
				live as tf.Tensor2D,
				this.#byDraw(drawLogProbs.shape[1], (s, own) => s === own),
			);
			const mask = tf.greater(counted, 0.5);
			const squares = tf.mul(tf.square(tf.sub(baselines, reward)), counted);
			const error = tf.div(tf.sum(squares), tf.maximum(tf.sum(counted), 1));
			const surrogate = { baseline: baselines, rewardWeight: reinforceWeight, mask };
			const term = reinforceSurrogate(drawLogProbs, reward, surrogate);
			const taught = tf.sub(term, stopGradient(term)); // a gradient, and no value
			return tf.addN([crossEntropy, tf.mul(error, baselineWeight), taught]) as tf.Scalar;
		});
	}

	/** A constant `[labels, draws]`: 1 where label s is related to the label that a draw served. */
	#byDraw(draws: number, isRelated: (label: number, served: number) => boolean): tf.Tensor2D {
		const { labels, glimpses, start, lastStepInLoss } = this.#config;
		const first = start === "policy" ? 0 : 1; // the glimpse that the first draw led to
		const served = Array.from({ length: draws }, (_, d) => {
			const label = Math.floor((d + first) / glimpses);
			return lastStepInLoss ? Math.min(label, labels - 1) : label;
		});
		const rows = Array.from({ length: labels }, (_, s) => served.map((own) => Number(isRelated(s, own))));
		return tf.tensor2d(rows, [labels, draws]);
	}

	#look(images: tf.Tensor4D, seed: number | undefined): AgentLook {
		const { labels, glimpses, glimpse, lastStepInLoss, classes } = this.#config;
		const [batch] = images.shape;
		const seen: tf.Tensor2D[] = [];
		const said: tf.Tensor3D[] = [];
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
		let location = this.#first(batch, seed) ?? choose();
		const total = labels * glimpses;
		for (let t = 1; t <= total; t++) {
			seen.push(location);
			const features = this.#features(takeGlimpses(images, location, glimpse), location);
			state = this.#core.step(features, state);
			if (t % glimpses === 0) {
				const scores = this.#classifier(this.#core.action(state));
				said.push(tf.reshape(maskedLogSoftmax(scores), [batch, 1, classes]));
			}
			if (t < total || (lastStepInLoss && seed !== undefined)) location = choose();
		}
		const locations = tf.stack(seen, 1) as tf.Tensor3D; // [B, S T, 2]
		const { patchSize, numScales, scale } = glimpse;
		const meta = { mechanism: this.#mechanism, patchSize, numScales, scale };
		const axes = ["batch", "step", "coordinate"];
		recordAttention({ layer: "locator", kind: "trajectory", axes, weights: locations, meta });
		const logProbs = said.length === 1 ? (said[0] as tf.Tensor3D) : tf.concat(said, 1);
		if (drawn.length === 0) return { logProbs, locations };
		const baselines = tf.concat(expected, 1);
		return { logProbs, locations, drawLogProbs: tf.stack(drawn, 1) as tf.Tensor2D, baselines };
	}

	/** The place of the first glimpse, if no policy names it. */
	#first(batch: number, seed: number | undefined): tf.Tensor2D | undefined {
		const { start } = this.#config;
		if (start === "policy") return undefined;
		if (start === "centre" || seed === undefined) return tf.zeros([batch, 2]);
		return tf.randomUniform([batch, 2], -1, 1, "float32", seedFor(seed, "start")) as tf.Tensor2D;
	}
}

/** From a state to the scores of the classes, with a hidden layer if wanted. */
function makeClassifier(
	parameters: ParameterScope,
	units: number,
	classes: number,
	hiddenUnits: number | undefined,
): (state: tf.Tensor2D) => tf.Tensor2D {
	if (hiddenUnits === undefined) return makeDense(parameters, { inputSize: units, outputSize: classes });
	const hidden = makeDense(parameters.scope("hidden"), { inputSize: units, outputSize: hiddenUnits });
	const scores = makeDense(parameters, { inputSize: hiddenUnits, outputSize: classes });
	return (state) => scores(tf.relu(hidden(state)));
}
