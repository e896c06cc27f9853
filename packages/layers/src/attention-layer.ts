import { checkNumber, checkOptions, HeedError } from "@heed/core";
import type * as tf from "@tensorflow/tfjs-core";
import {
	type initializers,
	type LayerVariable,
	layers,
	type Shape,
	type SymbolicTensor,
} from "@tensorflow/tfjs-layers";
import { type AttentionRecord, isCapturing, recordAttention } from "./capture-attention.ts";
import { initialValue, type ParameterInitializer } from "./parameters/initial-value.ts";
import type { ParameterScope } from "./parameters/parameters.ts";
import { seedFor } from "./seed.ts";

/** Arguments of `tf.layers.Layer`: `name`, `trainable`, `inputShape` and the rest. */
export type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/** Arguments that every attention layer takes. */
export interface AttentionLayerArgs extends LayerArgs {
	/** Return `[output, weights]` instead of `output`. Default false. */
	readonly returnAttention?: boolean;
	/** Seed of the initial weights and of dropout, any whole number ≥ 0. Without one they differ from run to run. */
	readonly seed?: number;
}

type Initializer = ReturnType<typeof initializers.zeros>;

/** What `call` receives beside the tensors: the host passes nothing else on. */
export interface CallOptions {
	/** True inside `fit`, undefined inside `predict`. */
	readonly training?: boolean;
}

/** What `tf.layers.Layer` and {@link AttentionLayer} take. */
const commonArguments = [
	...["returnAttention", "seed", "name", "trainable", "dtype", "inputShape", "batchInputShape", "batchSize"],
	...["updatable", "weights", "inputDType"],
];

/**
 * The base of every attention layer. It settles what `tf.layers` leaves open:
 *
 * - **weights of parts** are registered with {@link addSeededWeight} under paths such as `query/kernel`, because the
 *   host tracks neither sublayers nor lists; each draws from its own stream of the layer's seed;
 * - **masks** are explicit inputs of type bool (true = attend), at the end of the input list, because the host hands
 *   `call` only the mask of the first input. The mask of an `Embedding({maskZero: true})` or `Masking` directly in front
 *   is found as well; one that arrives from farther away and would be lost is refused;
 * - **weights of attention** come out as a second output with `returnAttention: true`, and are reported to
 *   {@link captureAttention} by {@link recordAttention}.
 *
 * A subclass has a `static className` with the prefix `Heed`, is registered with `tf.serialization.registerClass`, and
 * spreads `super.getConfig()` into its own. Strings in a config are lower-case words or camel case: the host rewrites
 * others when it saves.
 */
export abstract class AttentionLayer extends layers.Layer {
	protected readonly returnAttention: boolean;
	protected readonly seed: number | undefined;
	/** The name for errors: the class's, as the function that makes the layer is called. */
	protected readonly where: string;
	/** Whether the last input of the running call is a mask. */
	private maskGiven = false;

	/**
	 * @param args What the user gave.
	 * @param known The names of a subclass's own arguments, so that an unknown one can be refused.
	 */
	constructor(args: AttentionLayerArgs, known: readonly string[]) {
		super(args);
		const { className } = new.target as unknown as { className: string };
		this.where = className.replace(/^Heed(.)/, (_, first: string) => first.toLowerCase());
		checkOptions(this.where, args, [...known, ...commonArguments, "customObjects"]); // the last is the host's, on loading
		const { returnAttention = false, seed } = args;
		if (seed !== undefined) checkNumber(this.where, "seed", seed, { integer: true, min: 0 });
		this.returnAttention = returnAttention;
		this.seed = seed;
		this.supportsMasking = true;
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

	/** Notes whether a mask is given, which `build` and `computeOutputShape` cannot tell from shapes alone. */
	override apply<T extends tf.Tensor | tf.Tensor[] | SymbolicTensor | SymbolicTensor[]>(
		inputs: T,
		kwargs?: Parameters<layers.Layer["apply"]>[1],
	): ReturnType<layers.Layer["apply"]> {
		this.maskGiven = Array.isArray(inputs) && inputs.length > 1 && inputs.at(-1)?.dtype === "bool";
		return super.apply(inputs, kwargs);
	}

	/**
	 * The tensors of a call as a list, and the mask that stood at its end: the host passes one tensor or several,
	 * depending on who calls.
	 */
	protected splitInputs(inputs: tf.Tensor | tf.Tensor[]): {
		tensors: tf.Tensor[];
		mask: tf.Tensor | undefined;
	} {
		const all = Array.isArray(inputs) ? inputs : [inputs];
		if (!this.maskGiven) return { tensors: all, mask: undefined };
		return { tensors: all.slice(0, -1), mask: all.at(-1) };
	}

	/** The shapes of a `build` or of `computeOutputShape` as a list, without that of a mask. */
	protected shapeList(shapes: Shape | Shape[]): Shape[] {
		const all = Array.isArray(shapes[0]) ? (shapes as Shape[]) : [shapes as Shape];
		return this.maskGiven ? all.slice(0, -1) : all;
	}

	/** The mask that an `Embedding` or `Masking` directly in front attached to a tensor, if any. */
	protected attachedMask(tensor: tf.Tensor): tf.Tensor | undefined {
		return (tensor as tf.Tensor & { kerasMask?: tf.Tensor | null }).kerasMask ?? undefined;
	}

	/** Reports where this layer looked, if a capture runs. */
	protected record(
		record: Omit<AttentionRecord, "layer" | "meta"> & { meta?: AttentionRecord["meta"] },
	): void {
		recordAttention({ layer: this.name, ...record });
	}

	/** True when weights must be computed: they are an output, or somebody captures. */
	protected get wantsWeights(): boolean {
		return this.returnAttention || isCapturing();
	}

	/** Position in the input list of the tensor whose items are attended to. */
	protected keyInput(count: number): number {
		return count > 1 ? 1 : 0;
	}

	/**
	 * Passes the mask of the query on to the output, and refuses to lose the mask of the keys.
	 *
	 * @throws HeedError `UNSUPPORTED` when the keys have a mask that `call` could not see.
	 */
	override computeMask(
		inputs: tf.Tensor | tf.Tensor[],
		mask?: tf.Tensor | tf.Tensor[],
	): tf.Tensor | tf.Tensor[] {
		const { tensors } = this.splitInputs(inputs);
		const masks: (tf.Tensor | null | undefined)[] = Array.isArray(mask) ? mask : [mask];
		const index = this.keyInput(tensors.length);
		const key = tensors[index];
		if (masks[index] && !this.maskGiven && key !== undefined && this.attachedMask(key) === undefined) {
			throw new HeedError(
				"UNSUPPORTED",
				this.where,
				"the mask of the keys comes through other layers, and tf.layers does not hand it on. " +
					"Pass it as a last input of type bool, true where a key may be attended to.",
			);
		}
		// The host accepts null here, though its types do not say so.
		const outputMask = (masks[0] ?? null) as tf.Tensor;
		return this.returnAttention ? [outputMask, null as unknown as tf.Tensor] : outputMask;
	}

	override getConfig(): tf.serialization.ConfigDict {
		const config = { ...super.getConfig(), returnAttention: this.returnAttention };
		return this.seed === undefined ? config : { ...config, seed: this.seed };
	}
}

/** A host's initializer that fills as {@link initialValue} does. */
function seededInitializer(initializer: ParameterInitializer, seed: number): Initializer {
	return { apply: (shape: number[]) => initialValue(initializer, shape, seed) } as unknown as Initializer;
}
