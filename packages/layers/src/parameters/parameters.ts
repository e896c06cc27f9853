import { checkNumber, checkOptions, HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { seedFor } from "../seed.ts";
import { initialValue, type ParameterInitializer } from "./initial-value.ts";

/** Where a part of a model registers its weights: {@link Parameters}, or a part of it below a name. */
export interface ParameterScope {
	/** Adds a trainable weight of all known sizes. */
	add<R extends tf.Rank>(
		path: string,
		shape: tf.ShapeMap[R],
		initializer?: ParameterInitializer,
	): tf.Variable<R>;
	/** Registers a weight that somebody else made, for instance a layer. */
	adopt(path: string, variable: tf.Variable): void;
	/** The same store, with `prefix/` before every path. */
	scope(prefix: string): ParameterScope;
}

/** What {@link Parameters} accepts. */
export interface ParametersOptions {
	/** Seed of the initial values, any whole number ≥ 0. Default 0. */
	readonly seed?: number | undefined;
}

/**
 * The trainable weights of a model by name. `tf.layers` does not track layers inside layers; a model that is made of
 * cells and layers keeps all weights here, flat, under paths such as `encoder/0/forward/kernel`. Every weight draws
 * from its own stream of the seed, so that one more weight leaves the others as they were.
 *
 * When not to use it: in a layer of `tf.layers`, which keeps its own weights; see {@link SeededLayer}.
 */
export class Parameters implements ParameterScope {
	readonly seed: number;
	readonly #variables = new Map<string, tf.Variable>();
	#disposed = false;

	constructor(options: ParametersOptions = {}) {
		checkOptions("Parameters", options, ["seed"]);
		const { seed = 0 } = options;
		checkNumber("Parameters", "seed", seed, { integer: true, min: 0 });
		this.seed = seed;
	}

	/** Every weight under its full path, in the order of registration. */
	get variables(): ReadonlyMap<string, tf.Variable> {
		return this.#variables;
	}

	add<R extends tf.Rank>(
		path: string,
		shape: tf.ShapeMap[R],
		initializer: ParameterInitializer = "glorotUniform",
	): tf.Variable<R> {
		this.#refuseTaken(path);
		const seed = seedFor(this.seed, path);
		const variable = tf.tidy(() => tf.variable(initialValue(initializer, shape, seed) as tf.Tensor<R>));
		this.#variables.set(path, variable);
		return variable;
	}

	adopt(path: string, variable: tf.Variable): void {
		this.#refuseTaken(path);
		this.#variables.set(path, variable);
	}

	scope(prefix: string): ParameterScope {
		return {
			add: (path, shape, initializer) => this.add(`${prefix}/${path}`, shape, initializer),
			adopt: (path, variable) => this.adopt(`${prefix}/${path}`, variable),
			scope: (path) => this.scope(`${prefix}/${path}`),
		};
	}

	/**
	 * Refuses to go on with weights that were freed: what a model asks first in every call.
	 *
	 * @param where The call, for instance `Seq2Seq.loss`.
	 * @throws HeedError `VALUE`.
	 */
	checkAlive(where: string): void {
		if (!this.#disposed) return;
		const message = "the weights were disposed. Make another model, or dispose this one later.";
		throw new HeedError("VALUE", where, message);
	}

	/** Frees every weight. */
	dispose(): void {
		this.#disposed = true;
		tf.dispose([...this.#variables.values()]);
		this.#variables.clear();
	}

	#refuseTaken(path: string): void {
		if (!this.#variables.has(path)) return;
		throw new HeedError("VALUE", "Parameters", `there is already a weight \`${path}\`. Choose another name.`);
	}
}
