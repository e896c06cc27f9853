import { checkDtype, checkNotEmpty, checkRank, checkShape, HeedError, maskedSoftmax } from "@heed/core";
import {
	AttentionLayer,
	type AttentionLayerArgs,
	knownSize,
	type ParameterScope,
	project,
	whereLive,
} from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { LayerVariable, Shape } from "@tensorflow/tfjs-layers";
import { checkParts } from "../ops/check-given.ts";
import { contextOf } from "./context-of.ts";

/** What all layers of a convolutional decoder attend to. */
export type MultiStepMemory = {
	/** z, the outputs of the encoder, `[batch, source, embeddingSize]`. */
	readonly keys: tf.Tensor3D;
	/** z + e, the outputs and what they were made of, `[batch, source, embeddingSize]`. */
	readonly values: tf.Tensor3D;
	/** True where a position may be attended to, bool `[batch, 1, source]`. */
	readonly mask: tf.Tensor3D;
	/** √m, m being the number of those positions, `[batch, 1, 1]`. */
	readonly scale: tf.Tensor3D;
};

/**
 * The attention of a convolutional decoder, which every one of its layers has, so that a layer knows where those below it
 * looked:
 *
 *     d   = h W + b + g                        h: the layer's state, g: the embedding of the last target token
 *     a   = softmax_j(d · z_j)                 over the positions that count
 *     c   = √m Σ_j a_j (z_j + e_j)             m: their number
 *     out = c W_o + b_o                        to be added to h
 *
 * The factor keeps the size of a sum of m vectors, which shrinks as weights spread: m √(1/m) in the paper.
 *
 * Inputs: `[h, g, keys, values]` or `[h, g, keys, values, mask]`, h `[batch, time, units]`, g `[batch, time, embeddingSize]`,
 * keys = z and values = z + e `[batch, source, embeddingSize]`, mask bool `[batch, source]`, true = attend. Returns `[batch, time,
 * units]`, and with `returnAttention` the weights `[batch, time, source]` as well.
 *
 * Weights: `query/kernel` W `[units, embeddingSize]`, `query/bias`, `output/kernel` W_o `[embeddingSize, units]`,
 * `output/bias`.
 *
 * Gehring et al. 2017, "Convolutional Sequence to Sequence Learning", https://arxiv.org/abs/1705.03122
 *
 * When not to use it: outside of a stack of layers. In a recurrent decoder, {@link LuongAttention}.
 */
export class MultiStepAttention extends AttentionLayer {
	static readonly className = "HeedMultiStepAttention";
	readonly kind = "multiStepAttention";
	#query: { readonly kernel: LayerVariable; readonly bias: LayerVariable } | undefined;
	#output: { readonly kernel: LayerVariable; readonly bias: LayerVariable } | undefined;

	/** @throws HeedError `OPTION`. */
	constructor(args: AttentionLayerArgs = {}) {
		super(args, []);
	}

	override build(inputShape: Shape | Shape[]): void {
		const [h = [], g = []] = this.shapeList(inputShape);
		const units = knownSize(this.where, "h", h, ["batch", "time", "units"]);
		const size = knownSize(this.where, "g", g, ["batch", "time", "embeddingSize"]);
		this.#query = {
			kernel: this.addSeededWeight("query/kernel", [units, size]),
			bias: this.addSeededWeight("query/bias", [size], "zeros"),
		};
		this.#output = {
			kernel: this.addSeededWeight("output/kernel", [size, units]),
			bias: this.addSeededWeight("output/bias", [units], "zeros"),
		};
		super.build(inputShape);
	}

	/** Builds the weights outside of a `tf.layers` model, and registers them with those of the model that has them. */
	buildFor(units: number, embeddingSize: number, parameters?: ParameterScope): void {
		if (this.built) return;
		const memory: Shape = [null, null, embeddingSize];
		this.build([[null, null, units], memory, memory, memory]);
		for (const weight of this.weights) parameters?.adopt(weight.originalName, weight.read() as tf.Variable);
	}

	/**
	 * Attends with every step of `h` and `g` at once; all of them are checked by the caller.
	 *
	 * @returns What to add to `h`, `[batch, time, units]`, and the weights `[batch, time, source]`.
	 */
	attend(
		h: tf.Tensor3D,
		g: tf.Tensor3D,
		memory: MultiStepMemory,
	): { output: tf.Tensor3D; weights: tf.Tensor3D } {
		const [query, output] = [this.#query, this.#output];
		if (query === undefined || output === undefined) {
			const message =
				"the weights are not there yet. Call `apply` or `buildFor(units, embeddingSize)` first.";
			throw new HeedError("VALUE", this.where, message);
		}
		const where = `${this.where}.attend`;
		checkRank(where, "h", h, ["batch", "time", "units"]);
		checkRank(where, "g", g, ["batch", "time", "embeddingSize"]);
		checkMultiStepMemory(where, memory);
		const { keys, values, mask, scale } = memory;
		return tf.tidy(() => {
			const d = tf.add(project(h, query.kernel.read(), query.bias.read()), g) as tf.Tensor3D; // [B, T, E]
			const weights = maskedSoftmax(tf.matMul(d, keys, false, true), mask) as tf.Tensor3D; // [B, T, S]
			const context = tf.mul(contextOf(weights, values), scale); // [B, T, E]
			return { output: project(context as tf.Tensor3D, output.kernel.read(), output.bias.read()), weights };
		});
	}

	protected override checkInputs(inputs: tf.Tensor[]): void {
		const { tensors, mask } = this.splitInputs(inputs);
		this.#check(tensors);
		if (mask === undefined) return;
		const [, , keys] = tensors as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
		checkShape(this.where, "mask", mask, ["batch", "source"], keys.shape.slice(0, 2), "keys");
		checkDtype(this.where, "mask", mask, "bool");
	}

	override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
		this.checkInputs([inputs].flat());
		const { tensors, mask } = this.splitInputs(inputs);
		const [h, g, keys, values] = tensors as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
		return tf.tidy(() => {
			const seen = this.joinedMask(mask, keys) as tf.Tensor2D | undefined;
			const all = seen ?? tf.ones<tf.Rank.R2>([keys.shape[0], keys.shape[1]], "bool");
			const { output, weights } = this.attend(h, g, multiStepMemory(keys, values, all));
			this.record({ kind: this.kind, axes: ["batch", "query", "key"], weights });
			return this.returnAttention ? [output, weights] : output;
		});
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const [h = [], , keys = []] = this.shapeList(inputShape);
		return this.returnAttention ? [h, [...h.slice(0, -1), keys[1] ?? null]] : h;
	}

	protected override keyInput(): number {
		return 2;
	}

	#check(tensors: tf.Tensor[]): void {
		const [h, g, keys, values] = tensors;
		if (h === undefined || g === undefined || keys === undefined || values === undefined) {
			const message = `${tensors.length} inputs came; expected [h, g, keys, values], or those and a mask of type bool.`;
			throw new HeedError("SHAPE", this.where, message);
		}
		const [units = null, size = null] = this.#query?.kernel.shape ?? [];
		checkShape(this.where, "h", h, ["batch", "time", "units"], [null, null, units], "the weights");
		const [batch = 0, time = 0] = h.shape;
		const own = ["batch", "time", "embeddingSize"];
		checkShape(this.where, "g", g, own, [batch, time, null], "h");
		checkShape(this.where, "g", g, own, [null, null, size], "the weights");
		const axes = ["batch", "source", "embeddingSize"];
		checkShape(this.where, "keys", keys, axes, [batch, null, g.shape[2] ?? null], "h and g");
		checkShape(this.where, "values", values, axes, keys.shape, "keys");
		for (const [name, tensor] of Object.entries({ h, g, keys, values })) {
			checkDtype(this.where, name, tensor, "float32");
		}
		checkNotEmpty(this.where, "h", h, ["batch", "time", "units"]);
		checkNotEmpty(this.where, "keys", keys, axes);
	}
}
tf.serialization.registerClass(MultiStepAttention);

/**
 * What the layers of a decoder attend to. What the mask leaves out may be anything, NaN too.
 *
 * @param keys z, the outputs of an encoder, `[batch, source, embeddingSize]`.
 * @param values z + e, the outputs and what they were made of, `[batch, source, embeddingSize]`.
 * @param mask True = attend, bool `[batch, source]`.
 */
export function multiStepMemory(keys: tf.Tensor3D, values: tf.Tensor3D, mask: tf.Tensor2D): MultiStepMemory {
	const [where, axes] = ["multiStepMemory", ["batch", "source", "embeddingSize"]];
	checkRank(where, "keys", keys, axes);
	checkShape(where, "values", values, axes, keys.shape, "keys");
	checkShape(where, "mask", mask, ["batch", "source"], keys.shape.slice(0, 2), "keys");
	checkDtype(where, "mask", mask, "bool");
	const [batch, source] = mask.shape;
	const count = tf.sum(tf.cast(mask, "float32"), 1); // [B]
	return {
		keys: whereLive(keys, mask), // a weight of 0 would not keep out NaN
		values: whereLive(values, mask),
		mask: tf.reshape(mask, [batch, 1, source]),
		scale: tf.reshape(tf.sqrt(count), [batch, 1, 1]),
	};
}

/** Refuses what {@link multiStepMemory} did not make. */
export function checkMultiStepMemory(where: string, memory: MultiStepMemory): void {
	const parts = ["keys", "values", "mask", "scale"];
	checkParts(where, "the memory", memory, parts, "what `multiStepMemory` gives");
}
