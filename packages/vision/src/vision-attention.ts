import { checkDtype, checkNotEmpty, checkRank, checkShape, describeShape, HeedError } from "@heed/core";
import { AttentionLayer, type CallOptions, knownSize, type ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, type Shape } from "@tensorflow/tfjs-layers";
import type { LayerParts } from "./ops/layer-parts.ts";

/** The checked inputs of one call of a {@link VisionAttention}. */
export interface VisionCall<X extends tf.Tensor, Mask extends tf.Tensor> {
	/** What is attended to; 0 where it does not count. */
	readonly x: X;
	/** The second input `[batch, querySize]`, for layers that take one. */
	readonly query: tf.Tensor2D | undefined;
	/** Bool, the first axes of x, true = this counts. */
	readonly mask: Mask | undefined;
	/** True inside `fit`, unless the layer is frozen by `trainable: false`: it then runs as in use. */
	readonly training: boolean;
}

/** What a {@link VisionAttention} makes of its inputs. */
export type VisionAttended = {
	readonly output: tf.Tensor;
	/** The map, with the axes that the layer names; a second output with `returnAttention`. */
	readonly weights: tf.Tensor;
};

/**
 * What {@link ImageAttention} and {@link FrameAttention} share: they check the inputs, blank what does not count before and after
 * the formula, and return the map.
 *
 * When not to extend it: nearly always; extend one of the two.
 */
export abstract class VisionAttention<
	X extends tf.Tensor = tf.Tensor,
	Mask extends tf.Tensor = tf.Tensor,
	Sizes = unknown,
> extends AttentionLayer {
	/** The axes that `x` may have. The last one's size is read from the input. */
	protected abstract readonly inputAxes: readonly (readonly string[])[];
	/** The axes of a mask: the first ones of `x`. */
	protected abstract readonly maskAxes: readonly string[];
	/** Whether a second input is asked for. */
	readonly takesQuery: boolean = false;
	/** What the second input and its last axis are called. */
	protected readonly queryNames: readonly [input: string, axis: string] = ["query", "querySize"];
	protected readonly takesMask: boolean = true;
	#features: number | null = null;
	#querySize: number | null = null;

	/** Adds the weights. */
	protected abstract addWeights(parts: LayerParts, sizes: Sizes): void;

	/** The sizes that weights are made for. */
	protected abstract sizesOf(x: Shape, features: number, querySize: number): Sizes;

	/** The formula, on checked inputs, inside a tidy. */
	protected abstract attend(call: VisionCall<X, Mask>): VisionAttended;

	override build(inputShape: Shape | Shape[]): void {
		this.addWeights(this.#parts(), this.#readSizes(inputShape));
		super.build(inputShape);
	}

	override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions): tf.Tensor | tf.Tensor[] {
		const { tensors, mask } = this.splitInputs(inputs);
		const training = options.training === true && this.trainable;
		return tf.tidy(() => {
			const { output, weights } = this.attendChecked(tensors, mask, training, (call) => this.attend(call));
			return this.returnAttention ? [output, weights] : output;
		});
	}

	/** Checks the inputs and attends where the mask, and the one attached to what is attended to, agree. */
	protected attendChecked<Result extends VisionAttended & tf.TensorContainerObject>(
		tensors: readonly tf.Tensor[],
		mask: tf.Tensor | undefined,
		training: boolean,
		attend: (call: VisionCall<X, Mask>) => Result,
	): Result {
		this.#checkInputs(tensors, mask ?? (tensors[0] && this.attachedMask(tensors[0])));
		return tf.tidy(() => {
			const [x, query] = tensors as [X, tf.Tensor2D?];
			const seen = this.joinedMask(mask, x);
			const result = attend({ x: whereCounted(x, seen), query, mask: seen as Mask | undefined, training });
			return this.passesMask() ? { ...result, output: whereCounted(result.output, seen) } : result;
		});
	}

	/**
	 * How many numbers a layer would train for such inputs, none of which it makes. The layer cannot be used any more: give one that
	 * nobody has.
	 */
	static countTrained(layer: VisionAttention, inputShape: Shape | Shape[]): number {
		let numbers = 0;
		const parts: LayerParts = {
			add: (_, shape) => {
				numbers += tf.util.sizeFromShape(shape as number[]);
				return undefined as never;
			},
			adopt: () => undefined,
			addStatistic: () => undefined as never,
			scope: () => parts,
		};
		layer.addWeights(parts, layer.#readSizes(inputShape));
		return numbers;
	}

	protected override keyInput(): number {
		return 0;
	}

	/** The weights of a layer that was built. */
	protected made<T>(part: T | undefined): T {
		if (part !== undefined) return part;
		throw new HeedError("VALUE", this.where, "the weights are not there yet. Call `apply` or `build` first.");
	}

	/** Where parts register what they keep, under the paths of this layer. */
	#parts(): LayerParts {
		const within = (scope: ParameterScope, prefix: string): LayerParts => ({
			add: (path, shape, initializer) => scope.add(path, shape, initializer),
			adopt: (path, variable) => scope.adopt(path, variable),
			addStatistic: (path, shape, value) =>
				this.addWeight(prefix + path, shape, "float32", initializers[value](), undefined, false),
			scope: (path) => within(scope.scope(path), `${prefix}${path}/`),
		});
		return within(this.parameterScope(), "");
	}

	#readSizes(inputShape: Shape | Shape[]): Sizes {
		const [x = [], query = []] = this.shapeList(inputShape);
		const features = knownSize(this.where, "x", x, this.inputAxes);
		const querySize = this.takesQuery ? this.#querySizeOf(query) : 0;
		this.#features = features;
		this.#querySize = querySize;
		return this.sizesOf(x, features, querySize);
	}

	#querySizeOf(query: Shape): number {
		const [name, axis] = this.queryNames;
		return knownSize(
			this.where,
			name,
			query,
			["batch", axis],
			` Pass [x, ${name}]; a mask must be of type bool.`,
		);
	}

	#checkInputs(tensors: readonly tf.Tensor[], mask: tf.Tensor | undefined): void {
		const { where } = this;
		const [x, query] = tensors;
		if (tensors.length !== (this.takesQuery ? 2 : 1) || x === undefined) {
			const wanted = this.takesQuery ? `[x, ${this.queryNames[0]}]` : "x";
			const more = this.takesMask ? ", and after that a mask of type bool" : "";
			throw new HeedError("SHAPE", where, `${tensors.length} inputs came; expected ${wanted}${more}.`);
		}
		this.checkX(where, x, mask);
		if (query !== undefined) this.checkQuery(where, query, x);
	}

	/** Refuses what is to be attended to, or its mask, if it does not fit the layer. */
	protected checkX(where: string, x: tf.Tensor, mask: tf.Tensor | undefined): void {
		const axes = this.#axesOf(x);
		checkRank(where, "x", x, axes);
		const sizes = axes.map((_, axis) => (axis === axes.length - 1 ? this.#features : null));
		checkShape(where, "x", x, axes, sizes, "the weights of this layer");
		checkDtype(where, "x", x, "float32");
		checkNotEmpty(where, "x", x, axes);
		if (mask === undefined) return;
		if (!this.takesMask) {
			const message = "a mask came, which this layer does not take. Multiply the image by it instead.";
			throw new HeedError("UNSUPPORTED", where, message);
		}
		const { maskAxes } = this;
		checkDtype(where, "mask", mask, "bool");
		const expected = x.shape.slice(0, maskAxes.length);
		checkShape(where, "mask", mask, maskAxes, expected, describeShape("x", x.shape, axes));
	}

	/** Refuses a second input that does not fit the layer and `x`. */
	protected checkQuery(where: string, query: tf.Tensor, x: tf.Tensor): void {
		const [name, axis] = this.queryNames;
		const expected = [x.shape[0] ?? null, this.#querySize];
		const reason = `${describeShape("x", x.shape, this.#axesOf(x))} and the weights of this layer`;
		checkShape(where, name, query, ["batch", axis], expected, reason);
		checkDtype(where, name, query, "float32");
	}

	#axesOf(x: tf.Tensor): readonly string[] {
		return this.inputAxes.find(({ length }) => length === x.rank) ?? this.inputAxes[0] ?? [];
	}
}

/** `x` where it counts and 0 elsewhere, whatever stands there: a product with the mask, of the first axes, would let NaN through. */
export function whereCounted<T extends tf.Tensor>(x: T, mask: tf.Tensor | undefined): T {
	if (mask === undefined) return x;
	const rows = tf.reshape(x, [mask.size, x.size / mask.size]); // the host selects in rank 4 at most on some devices
	const blank = tf.where(tf.reshape(mask, [mask.size, 1]), rows, tf.zerosLike(rows));
	return tf.reshape(blank, x.shape) as T;
}
