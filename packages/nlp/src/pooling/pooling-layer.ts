import { checkDtype, checkNotEmpty, checkRank, checkShape, HeedError } from "@heed/core";
import { AttentionLayer, knownSize, type ParameterScope, whereLive } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { LayerVariable, Shape } from "@tensorflow/tfjs-layers";
import { checkParts } from "../ops/check-given.ts";

/** What pooling makes of a sequence. */
export interface Pooled<Output extends tf.Tensor = tf.Tensor> {
	/** `[batch, features]`, or `[batch, hops, features]`. */
	readonly output: Output;
	/** `[batch, length]`, or `[batch, hops, length]`; each row sums to 1, or to 0 where there is nothing to attend to. */
	readonly weights: Output;
}

/**
 * The base of the layers that make one vector, or a few, of a whole sequence: `output = Σ_j weights_j x_j`. A subclass has the
 * weights; this class checks, masks and reports.
 *
 * The first input is the sequence x `[batch, length, features]`; a last input of type bool `[batch, length]` says which
 * positions count, true = attend. What stands at the others, NaN included, does not matter.
 */
export abstract class PoolingLayer extends AttentionLayer {
	/** What records of this mechanism are called. */
	abstract readonly kind: string;
	/** What the axes of its weights mean. */
	protected abstract readonly axes: readonly string[];
	/** The names of the inputs before a mask, each with its axes. */
	protected abstract readonly inputNames: Readonly<Record<string, readonly string[]>>;

	/** The last size of each input, which the weights are made for. */
	#sizes: readonly number[] = [];

	/** Adds the weights, knowing the size of the last axis of every input. */
	protected abstract addWeights(...sizes: number[]): void;

	/** The weighing itself, on checked inputs; `x` is 0 where nothing counts. */
	protected abstract weigh(inputs: readonly tf.Tensor[], mask: tf.Tensor2D | undefined): Pooled;

	override build(inputShape: Shape | Shape[]): void {
		const shapes = this.shapeList(inputShape);
		this.#checkCount(this.where, shapes.length);
		const inputs = Object.entries(this.inputNames);
		const sizes = inputs.map(([name, axes], i) => knownSize(this.where, name, shapes[i], axes));
		this.addWeights(...sizes);
		this.#sizes = sizes;
		super.build(inputShape);
	}

	/** Builds the weights outside of a `tf.layers` model, from the last sizes of the inputs. */
	protected buildSizes(...sizes: number[]): void {
		if (this.built) return;
		const axes = Object.values(this.inputNames);
		this.build(sizes.map((size, i) => [...new Array((axes[i]?.length ?? 1) - 1).fill(null), size]));
	}

	/** Registers the weights with those of a model, which then trains, stores and frees them. */
	register(parameters: ParameterScope): void {
		const isFunction = (part: unknown): boolean => typeof part === "function";
		checkParts(
			`${this.where}.register`,
			"the scope",
			parameters,
			["adopt"],
			"a `ParameterScope`",
			isFunction,
		);
		for (const weight of this.weights) parameters.adopt(weight.originalName, weight.read() as tf.Variable);
	}

	/** Checks, masks and weighs. The caller owns both tensors; nothing is recorded. */
	protected pool(where: string, inputs: readonly tf.Tensor[], mask: tf.Tensor2D | undefined): Pooled {
		this.#check(where, inputs, mask);
		return tf.tidy(() => {
			const [x, ...others] = inputs as [tf.Tensor3D, ...tf.Tensor[]];
			const seen = mask === undefined ? x : whereLive(x, mask);
			const { output, weights } = this.weigh([seen, ...others], mask);
			return { output, weights };
		});
	}

	protected override checkInputs(inputs: tf.Tensor[]): void {
		const { tensors, mask } = this.splitInputs(inputs);
		this.#check(this.where, tensors, mask);
	}

	override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
		this.checkInputs([inputs].flat());
		const { tensors, mask } = this.splitInputs(inputs);
		return tf.tidy(() => {
			const seen = this.joinedMask(mask, tensors[0] as tf.Tensor);
			const { output, weights } = this.pool(this.where, tensors, seen as tf.Tensor2D | undefined);
			this.record({ kind: this.kind, axes: this.axes, weights });
			return this.returnAttention ? [output, weights] : output;
		});
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const [x = []] = this.shapeList(inputShape);
		const [batch = null, length = null, features = null] = x;
		const output: Shape = [batch, ...this.outputAxes(), features];
		return this.returnAttention ? [output, [batch, ...this.outputAxes(), length]] : output;
	}

	/** The axes of the output between the batch and the features. */
	protected outputAxes(): number[] {
		return [];
	}

	protected override keyInput(): number {
		return 0;
	}

	/** The sequence is gone, and its mask with it. */
	protected override passesMask(): boolean {
		return false;
	}

	/** The value of a weight, which differentiates like any tensor. */
	protected read<T extends tf.Tensor>(weight: LayerVariable | undefined): T {
		if (weight !== undefined) return weight.read() as T;
		const message = "the weights are not there yet. Call `apply` or `buildFor` first.";
		throw new HeedError("VALUE", this.where, message);
	}

	#check(where: string, inputs: readonly tf.Tensor[], mask: tf.Tensor | undefined): void {
		const names = Object.entries(this.inputNames);
		this.#checkCount(where, inputs.length);
		const batch = inputs[0]?.shape?.[0] ?? null; // what has no shape is refused below
		names.forEach(([name, axes], i) => {
			const input = inputs[i] as tf.Tensor;
			checkRank(where, name, input, axes);
			checkShape(where, name, input, axes, [batch, ...axes.slice(1).map(() => null)], "x");
			const sized = axes.map((_, axis) => (axis === axes.length - 1 ? (this.#sizes[i] ?? null) : null));
			checkShape(where, name, input, axes, sized, "the weights");
			checkDtype(where, name, input, "float32");
			checkNotEmpty(where, name, input, axes);
		});
		if (mask === undefined) return;
		const length = inputs[0]?.shape[1] ?? null;
		checkShape(where, "mask", mask, ["batch", "length"], [batch, length], "x");
		checkDtype(where, "mask", mask, "bool");
	}

	#checkCount(where: string, count: number): void {
		const names = Object.keys(this.inputNames);
		if (count === names.length) return;
		const came = count === 1 ? "1 input came that is no mask" : `${count} inputs came that are no mask`;
		const message = `${came}; expected [${names.join(", ")}], and after them a mask of type bool.`;
		throw new HeedError("SHAPE", where, message);
	}
}
