import {
	checkChoice,
	checkDtype,
	checkFlag,
	checkNumber,
	checkOptions,
	checkShape,
	stopGradient,
} from "@heed/core";
import { type Dense, makeDense, type ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";

/** How {@link LocationPolicy} draws. */
export interface LocationPolicyOptions {
	/** Standard deviation of each coordinate around its mean. Default 0.05. */
	readonly std?: number | undefined;
	/** Bring what is drawn back into −1 … 1. Default true. */
	readonly clip?: boolean | undefined;
	/** Keep the gradient of the policy out of the network before it. Default true. */
	readonly detach?: boolean | undefined;
	/**
	 * The log-probability is that of what was drawn (default), of which clipping is then a part of the world, or of the clipped
	 * place under the same density.
	 */
	readonly logProbOf?: "sample" | "clipped" | undefined;
	/** Units of a hidden layer with relu. Default: there is none. */
	readonly hiddenUnits?: number | undefined;
}

/** {@link LocationPolicyOptions} with their defaults. */
export interface ResolvedLocationPolicy {
	readonly std: number;
	readonly clip: boolean;
	readonly detach: boolean;
	readonly logProbOf: "sample" | "clipped";
	readonly hiddenUnits?: number;
}

/** The names of {@link LocationPolicyOptions}. */
export const locationPolicyNames = ["std", "clip", "detach", "logProbOf", "hiddenUnits"] as const;

/** A place that was drawn. Dispose both. */
export type DrawnLocation = {
	/** (x, y), `[batch, 2]`; no gradient. */
	readonly location: tf.Tensor2D;
	/** Logarithm of the density of this draw, `[batch]`; differentiable. */
	readonly logProb: tf.Tensor1D;
};

/** Checks {@link LocationPolicyOptions} and fills in what is not given. */
export function resolvePolicy(where: string, options: LocationPolicyOptions): ResolvedLocationPolicy {
	const { std = 0.05, clip = true, detach = true, logProbOf = "sample", hiddenUnits } = options;
	checkNumber(where, "std", std, { above: 0 });
	checkFlag(where, "clip", clip);
	checkFlag(where, "detach", detach);
	checkChoice(where, "logProbOf", logProbOf, ["sample", "clipped"]);
	if (hiddenUnits !== undefined) checkNumber(where, "hiddenUnits", hiddenUnits, { integer: true, min: 1 });
	return { std, clip, detach, logProbOf, ...(hiddenUnits !== undefined && { hiddenUnits }) };
}

/**
 * Where to look next, by a normal distribution around a place that a network names:
 *
 *     μ = tanh(W h + b)        with hiddenUnits   μ = tanh(W relu(V h + c) + b)
 *     l ~ N(μ, std²)           each coordinate for itself, then clipped
 *     log π = Σ over x, y of −(l − μ)² / (2 std²) − log(std √(2π))
 *
 * A place has no gradient; the policy learns by `logProb`, which goes into `reinforceSurrogate` of @heed/core. Weights:
 * `mean/kernel` W [inputSize or hiddenUnits, 2], `mean/bias` b; `hidden/kernel` V, `hidden/bias` c.
 *
 * Mnih, Heess, Graves, Kavukcuoglu 2014, "Recurrent Models of Visual Attention", https://arxiv.org/abs/1406.6247; Williams 1992,
 * https://doi.org/10.1007/BF00992696
 *
 * When not to use it: with a `std` far below a pixel, where every draw looks at the same and there is nothing to learn from.
 */
export class LocationPolicy {
	readonly options: ResolvedLocationPolicy;
	readonly inputSize: number;
	readonly #hidden: Dense | undefined;
	readonly #mean: Dense;

	/**
	 * @param parameters Where the weights are registered, for instance `new Parameters({ seed: 1 })`.
	 * @param inputSize Features of the state that it reads.
	 * @throws HeedError `OPTION`, before any weight is made.
	 */
	constructor(parameters: ParameterScope, inputSize: number, options: LocationPolicyOptions = {}) {
		const where = "LocationPolicy";
		checkOptions(where, options, locationPolicyNames);
		checkNumber(where, "inputSize", inputSize, { integer: true, min: 1 });
		this.options = resolvePolicy(where, options);
		this.inputSize = inputSize;
		const { hiddenUnits } = this.options;
		this.#hidden =
			hiddenUnits === undefined
				? undefined
				: makeDense(parameters.scope("hidden"), { inputSize, outputSize: hiddenUnits });
		this.#mean = makeDense(parameters.scope("mean"), { inputSize: hiddenUnits ?? inputSize, outputSize: 2 });
	}

	/**
	 * The middle of the distribution: where to look when nothing is to be learnt.
	 *
	 * @param state `[batch, inputSize]`.
	 * @returns `[batch, 2]`; differentiable.
	 * @throws HeedError `SHAPE`, `DTYPE`.
	 */
	mean(state: tf.Tensor2D): tf.Tensor2D {
		this.#check("LocationPolicy.mean", state);
		return tf.tidy(() => {
			const read = this.options.detach ? stopGradient(state) : state;
			return tf.tanh(this.#mean(this.#hidden === undefined ? read : tf.relu(this.#hidden(read))));
		});
	}

	/**
	 * Draws a place.
	 *
	 * @param state `[batch, inputSize]`.
	 * @param options `seed`: a whole number from 0, another one for every draw.
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`.
	 */
	draw(state: tf.Tensor2D, options: { readonly seed: number }): DrawnLocation {
		const where = "LocationPolicy.draw";
		checkOptions(where, options, ["seed"]);
		const { seed } = options;
		checkNumber(where, "seed", seed, { integer: true, min: 0 });
		this.#check(where, state);
		const { std, clip, logProbOf } = this.options;
		return tf.tidy(() => {
			const mean = this.mean(state);
			// The host takes 0 for "no seed".
			const noise = tf.randomNormal<tf.Rank.R2>([state.shape[0], 2], 0, std, "float32", seed + 1);
			const drawn = tf.add(stopGradient(mean), noise) as tf.Tensor2D;
			const location = clip ? (tf.clipByValue(drawn, -1, 1) as tf.Tensor2D) : drawn;
			const counted = logProbOf === "sample" ? drawn : location;
			const distance = tf.square(tf.div(tf.sub(counted, mean), std)); // [B, 2]
			const constant = 2 * Math.log(std * Math.sqrt(2 * Math.PI));
			const logProb = tf.sub(tf.mul(tf.sum(distance, 1), -0.5), constant) as tf.Tensor1D;
			return { location, logProb };
		});
	}

	#check(where: string, state: tf.Tensor): void {
		const expected = [null, this.inputSize];
		checkShape(where, "state", state, ["batch", "features"], expected, "the weights of this policy");
		checkDtype(where, "state", state, "float32");
	}
}
