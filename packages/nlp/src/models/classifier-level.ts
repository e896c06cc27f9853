import { isCapturing, type ParameterScope, recordAttention, seedFor, whereLive } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { ContextPooling } from "../pooling/context-pooling.ts";
import { StructuredSelfAttention } from "../pooling/structured-self-attention.ts";
import {
	type BetweenLayers,
	RecurrentStack,
	type RecurrentStackOptions,
} from "../recurrent/recurrent-stack.ts";
import type { PoolingConfig } from "./classifier-config.ts";

/** A sequence as one vector. */
export interface LevelResult {
	/** `[rows, size]`, zero for a row in which nothing counts. */
	readonly vector: tf.Tensor2D;
	/** What the hops of each row have in common, `[rows]`: only of structured pooling. */
	readonly penalty?: tf.Tensor1D;
}

/** How the rows of a level stand in the records of a capture. */
export interface LevelAxes {
	/** The names of the axes of the rows, for instance `["batch", "sentence"]`, and their sizes. */
	readonly rows: readonly string[];
	readonly shape: readonly number[];
	/** The name of the axis that is pooled, for instance `word`. */
	readonly item: string;
}

/** One level of a classifier: recurrent layers over items, and what makes one vector of them. */
export class ClassifierLevel {
	/** Size of the vector. */
	readonly size: number;
	readonly #name: string;
	readonly #stack: RecurrentStack;
	readonly #pooling: ContextPooling | StructuredSelfAttention | undefined;

	constructor(
		parameters: ParameterScope,
		options: {
			readonly name: string;
			readonly inputSize: number;
			readonly stack: RecurrentStackOptions;
			readonly pooling: PoolingConfig;
			readonly seed: number;
		},
	) {
		const { name, inputSize, stack, pooling, seed } = options;
		this.#name = name;
		this.#stack = new RecurrentStack(parameters, inputSize, stack);
		const features = this.#stack.outputSize;
		this.#pooling = makePooling(pooling, seedFor(seed, name));
		this.#pooling?.buildFor(features);
		this.#pooling?.register(parameters.scope("pooling"));
		this.size = this.#pooling instanceof StructuredSelfAttention ? features * this.#pooling.hops : features;
	}

	/**
	 * @param x `[items, rows, inputSize]`.
	 * @param live 1 for an item that counts, else 0, `[items, rows]`.
	 */
	run(x: tf.Tensor3D, live: tf.Tensor2D, axes: LevelAxes, between: BetweenLayers): LevelResult {
		const { outputs } = this.#stack.run(x, live, between); // [T, N, M]
		const items: tf.Tensor3D = tf.transpose(outputs, [1, 0, 2]); // [N, T, M]
		const mask = tf.cast(tf.transpose(live), "bool") as tf.Tensor2D; // [N, T]
		const pooling = this.#pooling;
		if (pooling === undefined) return { vector: liveMeanOf(items, mask) };
		const { output, weights } = pooling.attend(items, mask);
		this.#record(pooling.kind, weights, axes);
		const vector: tf.Tensor2D = tf.reshape(output, [items.shape[0], this.size]);
		if (!(pooling instanceof StructuredSelfAttention)) return { vector };
		return { vector, penalty: pooling.penalty(weights as tf.Tensor3D) };
	}

	#record(kind: string, weights: tf.Tensor, { rows, shape, item }: LevelAxes): void {
		if (!isCapturing()) return;
		const inner = weights.shape.slice(1);
		recordAttention({
			layer: `${this.#name}/pooling`,
			kind,
			axes: [...rows, ...(inner.length === 2 ? ["hop"] : []), item],
			weights: tf.reshape(weights, [...shape, ...inner]),
		});
	}
}

function makePooling(
	pooling: PoolingConfig,
	seed: number,
): ContextPooling | StructuredSelfAttention | undefined {
	switch (pooling.kind) {
		case "context":
			return new ContextPooling({ units: pooling.units, seed });
		case "structured":
			return new StructuredSelfAttention({ units: pooling.units ?? 64, hops: pooling.hops ?? 4, seed });
		case "mean":
			return undefined;
	}
}

/** The mean of the items that count, `[N, M]`; zero where there are none. */
function liveMeanOf(items: tf.Tensor3D, mask: tf.Tensor2D): tf.Tensor2D {
	const count = tf.maximum(tf.sum(tf.cast(mask, "float32"), 1, true), 1); // [N, 1]
	return tf.div(tf.sum(whereLive(items, mask), 1), count) as tf.Tensor2D;
}
