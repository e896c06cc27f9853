import { checkDtype, checkShape, describeShape, HeedError } from "@heed/core";
import { AttentionLayer, type CallOptions, type ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, type Shape } from "@tensorflow/tfjs-layers";
import type { LayerParts } from "./ops/layer-parts.ts";

/** The checked inputs of one call of an {@link ImageAttention}. */
export interface ImageAttentionCall {
	/** `[batch, height, width, channels]`; 0 at the pixels that do not count. */
	readonly x: tf.Tensor4D;
	/** `[batch, querySize]`, for layers that take one. */
	readonly query: tf.Tensor2D | undefined;
	/** Bool `[batch, height, width]`, true = this pixel counts. */
	readonly mask: tf.Tensor3D | undefined;
	/** True inside `fit`, unless the layer is frozen by `trainable: false`: it then runs as in use. */
	readonly training: boolean;
}

/** What an {@link ImageAttention} makes of its inputs. */
export type ImageAttended = {
	readonly output: tf.Tensor;
	/** The map, with the axes that the layer names. */
	readonly weights: tf.Tensor;
};

/** The sizes that weights are made for; `null` where the model leaves them open. */
export interface ImageSizes {
	readonly channels: number;
	readonly height: number | null;
	readonly width: number | null;
	/** Size of the query, for layers that take one. */
	readonly querySize: number;
}

const imageAxes = ["batch", "height", "width", "channels"];

/**
 * The base of the layers that attend to an image. A subclass has the weights and the formula; this class checks, masks,
 * reports and returns the map.
 *
 * Inputs: `x`, or `[x, query]` for layers with a query, x `[batch, height, width, channels]`, query `[batch, querySize]`. Where
 * the layer takes a mask it is a last input of type bool `[batch, height, width]`, true = this pixel counts; what stands at the
 * others, NaN included, does not matter, and the output is 0 there. The number of channels is read from the input.
 */
export abstract class ImageAttention extends AttentionLayer {
	/** What its weights live on, which is what its records are called: `channel`, `spatial`, `element`. */
	abstract readonly kind: string;
	/** What the axes of the map mean: some of `batch`, `height`, `width`, `channel`. */
	protected abstract readonly axes: readonly string[];
	protected readonly takesQuery: boolean = false;
	protected readonly takesMask: boolean = true;
	#channels: number | null = null;
	#querySize: number | null = null;

	/** Adds the weights. */
	protected abstract addWeights(parts: LayerParts, sizes: ImageSizes): void;

	/** The formula, on checked inputs, inside a tidy. */
	protected abstract attend(call: ImageAttentionCall): ImageAttended;

	override build(inputShape: Shape | Shape[]): void {
		const [x = [], query] = this.shapeList(inputShape);
		const channels = this.#size("x", x, imageAxes);
		const querySize = this.takesQuery ? this.#size("query", query ?? [], ["batch", "querySize"]) : 0;
		this.#channels = channels;
		this.#querySize = querySize;
		this.addWeights(this.#parts(), { channels, height: x[1] ?? null, width: x[2] ?? null, querySize });
		super.build(inputShape);
	}

	override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions): tf.Tensor | tf.Tensor[] {
		const { tensors, mask } = this.splitInputs(inputs);
		const seen = mask ?? (tensors[0] && this.attachedMask(tensors[0]));
		const training = options.training === true && this.trainable;
		return tf.tidy(() => {
			const { output, weights } = this.attendChecked(tensors, seen, training, (call) => this.attend(call));
			return this.returnAttention ? [output, weights] : output;
		});
	}

	/** Checks the inputs, attends and reports. */
	protected attendChecked<Result extends ImageAttended & tf.TensorContainerObject>(
		tensors: readonly tf.Tensor[],
		mask: tf.Tensor | undefined,
		training: boolean,
		attend: (call: ImageAttentionCall) => Result,
	): Result {
		this.#checkInputs(tensors, mask);
		return tf.tidy(() => {
			const [image, query] = tensors as [tf.Tensor4D, tf.Tensor2D?];
			const x = mask === undefined ? image : wherePixelsCount(image, mask);
			const result = attend({ x, query, mask: mask as tf.Tensor3D | undefined, training });
			this.recordMap(result.weights);
			return result;
		});
	}

	/** Reports a map, if a capture runs. */
	protected recordMap(weights: tf.Tensor): void {
		const { kind, axes } = this;
		this.record({ kind, axes, weights, meta: { mechanism: this.where } });
	}

	/**
	 * How many numbers a layer would train for such inputs, none of which it makes. The layer cannot be used any more: give one that
	 * nobody has.
	 */
	static countTrained(layer: ImageAttention, inputShape: Shape | Shape[]): number {
		const [x = [], query = []] = layer.shapeList(inputShape);
		const channels = layer.#size("x", x, imageAxes);
		const querySize = layer.takesQuery ? layer.#size("query", query, ["batch", "querySize"]) : 0;
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
		layer.addWeights(parts, { channels, height: x[1] ?? null, width: x[2] ?? null, querySize });
		return numbers;
	}

	/**
	 * Registers the trained weights of a layer that was built with those of a model that is no `tf.layers` model, which then
	 * trains, stores and frees them.
	 */
	register(parameters: ParameterScope): void {
		for (const weight of this.trainableWeights) {
			parameters.adopt(weight.originalName, weight.read() as tf.Variable);
		}
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const [x = []] = this.shapeList(inputShape);
		const [batch = null, height = null, width = null, channel = null] = x;
		const sizes: Record<string, number | null> = { batch, height, width, channel };
		const output = this.shapeOfOutput(x);
		return this.returnAttention ? [output, this.axes.map((axis) => sizes[axis] ?? null)] : output;
	}

	/** The shape of the output, by default that of the image. */
	protected shapeOfOutput(x: Shape): Shape {
		return x;
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

	#size(name: string, shape: Shape, axes: readonly string[]): number {
		const size = shape.at(-1);
		if (shape.length === axes.length && typeof size === "number") return size;
		const came = `${name} [${shape.map((axis) => axis ?? "?").join(", ")}]`;
		const wanted = `expected rank ${axes.length}: [${axes.join(", ")}] with known ${axes.at(-1)}`;
		const hint = name === "query" ? " Pass [x, query]; a mask must be of type bool." : "";
		throw new HeedError("SHAPE", this.where, `${came} has rank ${shape.length}; ${wanted}.${hint}`);
	}

	#checkInputs(tensors: readonly tf.Tensor[], mask: tf.Tensor | undefined): void {
		const { where } = this;
		const count = this.takesQuery ? 2 : 1;
		const [x, query] = tensors;
		if (tensors.length !== count || x === undefined) {
			const wanted = this.takesQuery ? "[x, query]" : "x";
			const more = this.takesMask ? ", and after that a mask of type bool" : "";
			throw new HeedError("SHAPE", where, `${tensors.length} inputs came; expected ${wanted}${more}.`);
		}
		this.checkImage(where, x, mask);
		if (query !== undefined) this.checkQuery(where, query, x);
	}

	/** Refuses an image or a mask that does not fit the layer. */
	protected checkImage(where: string, x: tf.Tensor, mask: tf.Tensor | undefined): void {
		checkShape(where, "x", x, imageAxes, [null, null, null, this.#channels], "the weights of this layer");
		checkDtype(where, "x", x, "float32");
		const came = describeShape("x", x.shape, imageAxes);
		if (x.size === 0) throw new HeedError("SHAPE", where, `${came} is empty; expected at least one pixel.`);
		if (mask === undefined) return;
		if (!this.takesMask) {
			const message = "a mask came, which this layer does not take. Multiply the image by it instead.";
			throw new HeedError("UNSUPPORTED", where, message);
		}
		checkDtype(where, "mask", mask, "bool");
		checkShape(where, "mask", mask, ["batch", "height", "width"], x.shape.slice(0, 3), came);
	}

	/** Refuses a query that does not fit the layer and the image. */
	protected checkQuery(where: string, query: tf.Tensor, x: tf.Tensor): void {
		const expected = [x.shape[0] ?? null, this.#querySize];
		const reason = `${describeShape("x", x.shape, imageAxes)} and the weights of this layer`;
		checkShape(where, "query", query, ["batch", "querySize"], expected, reason);
		checkDtype(where, "query", query, "float32");
	}
}

/** `x` where a pixel counts and 0 elsewhere, whatever stands there: a product with the mask would let NaN through. */
export function wherePixelsCount(x: tf.Tensor4D, mask: tf.Tensor): tf.Tensor4D {
	return tf.where(tf.expandDims(mask, 3), x, tf.zerosLike(x));
}
