import { checkNumber, checkOptions, HeedError } from "@heed/core";
import type * as tf from "@tensorflow/tfjs-core";
import { type initializers, type LayerVariable, layers, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { initialValue, type ParameterInitializer } from "./parameters/initial-value.ts";
import type { ParameterScope } from "./parameters/parameters.ts";
import { seedFor } from "./seed.ts";

/** Arguments of `tf.layers.Layer`: `name`, `trainable`, `inputShape` and the rest. */
export type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/** Arguments that every layer of this package takes. */
export interface SeededLayerArgs extends LayerArgs {
	/** Seed of the initial weights and of dropout, any whole number ≥ 0. Without one they differ from run to run. */
	readonly seed?: number;
}

type Initializer = ReturnType<typeof initializers.zeros>;

/** What the host notes of a layer's weights and has no way to take back. */
interface HostState {
	_trainableWeights: LayerVariable[];
	_nonTrainableWeights: LayerVariable[];
	_addedWeightNames: string[];
	_refCount: number | null;
}

/** What `call` receives beside the tensors: the host passes nothing else on. */
export interface CallOptions {
	/** True inside `fit`, undefined inside `predict`. */
	readonly training?: boolean;
}

/** What `tf.layers.Layer` and {@link SeededLayer} take. */
const commonArguments = [
	...["seed", "name", "trainable", "dtype", "inputShape", "batchInputShape", "batchSize", "updatable"],
	...["weights", "inputDType", "customObjects"], // the last is the host's, on loading
];

/**
 * The base of every layer: unknown arguments are refused, and weights, those of parts too, are registered under paths such
 * as `query/kernel`, because the host tracks neither sublayers nor lists. Each weight draws from its own stream of the
 * layer's seed.
 *
 * A subclass has a `static className` with the prefix `Heed`, is registered with `tf.serialization.registerClass`, and
 * spreads `super.getConfig()` into its own. Strings in a config are lower-case words or camel case: the host rewrites
 * others when it saves.
 *
 * When not to extend it: for a part of a model that is no `tf.layers` model, whose weights {@link Parameters} keeps.
 */
export abstract class SeededLayer extends layers.Layer {
	protected readonly seed: number | undefined;
	/** The name for errors: the class's, as the function that makes the layer is called. */
	protected readonly where: string;

	/**
	 * @param args What the user gave.
	 * @param known The names of a subclass's own arguments, so that an unknown one can be refused.
	 */
	constructor(args: SeededLayerArgs, known: readonly string[]) {
		super(args);
		const { className } = new.target as unknown as { className: string };
		this.where = className.replace(/^Heed(.)/, (_, first: string) => first.toLowerCase());
		checkOptions(this.where, args, [...known, ...commonArguments]);
		const { seed } = args;
		if (seed !== undefined) checkNumber(this.where, "seed", seed, { integer: true, min: 0 });
		this.seed = seed;
		this.supportsMasking = true;
	}

	/**
	 * A first call that is refused leaves the layer as it was, without weights: those that it would have made are for the
	 * sizes of what was refused, and the next call may bring others.
	 */
	override apply<T extends tf.Tensor | tf.Tensor[] | SymbolicTensor | SymbolicTensor[]>(
		inputs: T,
		kwargs?: Parameters<layers.Layer["apply"]>[1],
	): ReturnType<layers.Layer["apply"]> {
		if (this.built) return super.apply(inputs, kwargs);
		const host = this as unknown as HostState;
		const references = host._refCount;
		try {
			const given = [inputs].flat() as (tf.Tensor | SymbolicTensor)[];
			if (given.every((one) => "dataId" in one)) this.checkInputs(given as tf.Tensor[]);
			return super.apply(inputs, kwargs);
		} catch (error) {
			for (const weight of this.weights) weight.dispose();
			host._trainableWeights = [];
			host._nonTrainableWeights = [];
			host._addedWeightNames = [];
			host._refCount = references;
			this.built = false;
			throw error;
		}
	}

	/**
	 * Refuses tensors that `call` would refuse, as far as that can be told without weights: it runs ahead of `build`. What it
	 * does not see is refused by `call`, which checks in any case.
	 */
	protected checkInputs(_inputs: tf.Tensor[]): void {
		// Nothing is known of the inputs here.
	}

	/**
	 * Adds a trainable weight.
	 *
	 * @param path The name below the layer's, for instance `query/kernel`; saved models and weight maps use it.
	 * @param shape All sizes known.
	 */
	protected addSeededWeight(
		path: string,
		shape: number[],
		initializer: ParameterInitializer = "glorotUniform",
	): LayerVariable {
		return this.addWeight(path, shape, "float32", seededInitializer(initializer, seedFor(this.seed, path)));
	}

	/**
	 * Where a part of this layer, for instance a `MultiHeadBlock`, registers its weights, so that they are trained, saved and
	 * loaded as the layer's own.
	 */
	protected parameterScope(): ParameterScope {
		const scope = (prefix: string): ParameterScope => ({
			add: <R extends tf.Rank>(path: string, shape: tf.ShapeMap[R], initializer?: ParameterInitializer) =>
				this.addSeededWeight(prefix + path, shape, initializer).read() as tf.Variable<R>,
			adopt: (path) => {
				const message = `\`${prefix}${path}\` was made elsewhere, and tf.layers keeps only a layer's own weights. Use \`add\`.`;
				throw new HeedError("UNSUPPORTED", this.where, message);
			},
			scope: (path) => scope(`${prefix}${path}/`),
		});
		return scope("");
	}

	override getConfig(): tf.serialization.ConfigDict {
		const config = super.getConfig();
		return this.seed === undefined ? config : { ...config, seed: this.seed };
	}
}

/** A host's initializer that fills as {@link initialValue} does. */
function seededInitializer(initializer: ParameterInitializer, seed: number): Initializer {
	return { apply: (shape: number[]) => initialValue(initializer, shape, seed) } as unknown as Initializer;
}
