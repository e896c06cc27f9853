import { checkDtype, checkNotEmpty, checkRank, checkShape, describeShape, HeedError } from "@heed/core";
import { AttentionLayer, type CallOptions, type ParameterScope, whereLive } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";

/** The checked inputs of one call of a {@link FrameAttention}. */
export interface FrameAttentionCall {
	/** `[batch, frames, features]` or `[batch, frames, height, width, channels]`; 0 in the frames that do not count. */
	readonly x: tf.Tensor;
	/** `[batch, querySize]`, for layers that take one. */
	readonly query: tf.Tensor2D | undefined;
	/** Bool `[batch, frames]`, true = this frame counts. */
	readonly mask: tf.Tensor2D | undefined;
	/** True inside `fit`, unless the layer is frozen by `trainable: false`: it then runs as in use. */
	readonly training: boolean;
}

/** What a {@link FrameAttention} makes of its inputs. */
export type FramesAttended = {
	readonly output: tf.Tensor;
	/** The map, a second output with `returnAttention`. */
	readonly weights: tf.Tensor;
};

/** The axes of frames that are vectors. */
export const vectorAxes: readonly string[] = ["batch", "frames", "features"];

/** The axes of frames that are maps. */
export const videoAxes: readonly string[] = ["batch", "frames", "height", "width", "channels"];

/**
 * The base of the layers that attend to the frames of a video. A subclass has the weights and the formula; this class checks,
 * masks and returns the map.
 *
 * Inputs: `x`, or `[x, query]` for layers with a query: x `[batch, frames, features]`, or `[batch, frames, height, width, channels]`
 * where a layer takes maps; query `[batch, querySize]`; and as a last input, if wanted, a mask of type bool `[batch, frames]`, true =
 * this frame counts: what is in the others, NaN included, does not matter, and a video of which no frame counts gives zeros.
 */
export abstract class FrameAttention extends AttentionLayer {
	/** The axes that `x` may have. */
	protected abstract readonly inputAxes: readonly (readonly string[])[];
	protected readonly takesQuery: boolean = false;
	/** Whether frames come out, for which the mask of the input goes on. */
	protected abstract readonly keepsFrames: boolean;
	#features: number | null = null;
	#querySize: number | null = null;

	/** Adds the weights. */
	protected abstract addWeights(
		parts: ParameterScope,
		sizes: { readonly features: number; readonly querySize: number },
	): void;

	/** The formula, on checked inputs, inside a tidy. */
	protected abstract attend(call: FrameAttentionCall): FramesAttended;

	/** The shapes of the output and of the map. */
	protected abstract outputShapes(x: Shape): [output: Shape, map: Shape];

	override build(inputShape: Shape | Shape[]): void {
		const [x = [], query] = this.shapeList(inputShape);
		const features = this.#size("x", x, this.inputAxes);
		const querySize = this.takesQuery ? this.#size("query", query ?? [], [["batch", "querySize"]]) : 0;
		this.#features = features;
		this.#querySize = querySize;
		this.addWeights(this.parameterScope(), { features, querySize });
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

	/** Checks the inputs and attends. */
	protected attendChecked<Result extends tf.TensorContainerObject>(
		tensors: readonly tf.Tensor[],
		mask: tf.Tensor | undefined,
		training: boolean,
		attend: (call: FrameAttentionCall) => Result,
	): Result {
		this.#checkInputs(tensors, mask);
		return tf.tidy(() => {
			const [frames, query] = tensors as [tf.Tensor, tf.Tensor2D?];
			const live = mask as tf.Tensor2D | undefined;
			return attend({ x: whereFramesCount(frames, live), query, mask: live, training });
		});
	}

	/** Reports a map, if a capture runs. */
	protected recordMap(kind: string, axes: readonly string[], weights: tf.Tensor): void {
		this.record({ kind, axes, weights, meta: { mechanism: this.where } });
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const [x = []] = this.shapeList(inputShape);
		const [output, map] = this.outputShapes(x);
		return this.returnAttention ? [output, map] : output;
	}

	protected override passesMask(): boolean {
		return this.keepsFrames;
	}

	protected override keyInput(): number {
		return 0;
	}

	/** The weights of a layer that was built. */
	protected made<T>(part: T | undefined): T {
		if (part !== undefined) return part;
		throw new HeedError("VALUE", this.where, "the weights are not there yet. Call `apply` or `build` first.");
	}

	#size(name: string, shape: Shape, choices: readonly (readonly string[])[]): number {
		const size = shape.at(-1);
		if (choices.some((axes) => axes.length === shape.length) && typeof size === "number") return size;
		const came = `${name} [${shape.map((axis) => axis ?? "?").join(", ")}]`;
		const wanted = choices.map((axes) => `[${axes.join(", ")}]`).join(" or ");
		const hint = name === "query" ? " Pass [x, query]; a mask must be of type bool." : "";
		const message = `${came} has rank ${shape.length}; expected ${wanted} with known ${choices[0]?.at(-1)}.${hint}`;
		throw new HeedError("SHAPE", this.where, message);
	}

	#checkInputs(tensors: readonly tf.Tensor[], mask: tf.Tensor | undefined): void {
		const { where, inputAxes } = this;
		const [x, query] = tensors;
		if (tensors.length !== (this.takesQuery ? 2 : 1) || x === undefined) {
			const wanted = this.takesQuery ? "[x, query]" : "x";
			const message = `${tensors.length} inputs came; expected ${wanted}, and after that a mask of type bool.`;
			throw new HeedError("SHAPE", where, message);
		}
		const axes = inputAxes.find(({ length }) => length === x.rank) ?? inputAxes[0] ?? [];
		checkRank(where, "x", x, axes);
		const sizes = axes.map((_, axis) => (axis === axes.length - 1 ? this.#features : null));
		checkShape(where, "x", x, axes, sizes, "the weights of this layer");
		checkDtype(where, "x", x, "float32");
		checkNotEmpty(where, "x", x, axes);
		const came = describeShape("x", x.shape, axes);
		if (query !== undefined) {
			const expected = [x.shape[0] ?? null, this.#querySize];
			const reason = `${came} and the weights of this layer`;
			checkShape(where, "query", query, ["batch", "querySize"], expected, reason);
			checkDtype(where, "query", query, "float32");
		}
		if (mask === undefined) return;
		checkDtype(where, "mask", mask, "bool");
		checkShape(where, "mask", mask, ["batch", "frames"], x.shape.slice(0, 2), came);
	}
}

/** `x` in the frames that count and 0 elsewhere, whatever is there. */
export function whereFramesCount<T extends tf.Tensor>(x: T, mask: tf.Tensor2D | undefined): T {
	if (mask === undefined) return x;
	const [batch = 0, frames = 0] = x.shape;
	const rows = tf.reshape(x, [batch, frames, x.size / (batch * frames)]); // the host selects in rank 4 at most on some devices
	return tf.reshape(whereLive(rows as tf.Tensor3D, mask), x.shape) as T;
}
