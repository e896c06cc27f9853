import * as tf from "@tensorflow/tfjs-core";
import { type BatchSource, exampleBatches, type TrainOptions } from "../src/index.ts";

const features = 5;
const examples = 23;

/** A seeded table of numbers, the same on every machine. */
function numbers(count: number, seed: number): Float32Array {
	let state = seed;
	return Float32Array.from({ length: count }, () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 2 ** 31 - 1;
	});
}

const inputs = numbers(examples * features, 1);
const targets = numbers(examples, 2);

/** A batch of the small regression. */
export interface Batch {
	readonly x: tf.Tensor2D;
	readonly y: tf.Tensor2D;
}

/** Batches of 23 examples with 5 features: 4 and a rest of 3 in batches of 5. */
export function regressionBatches(shuffle = true): BatchSource<Batch> {
	return exampleBatches({
		examples,
		batchSize: 5,
		shuffle,
		makeBatch: (rows) => ({
			x: tf.tensor2d([...rows].map((row) => [...inputs.subarray(row * features, (row + 1) * features)])),
			y: tf.tensor2d([...rows].map((row) => [targets[row] ?? 0])),
		}),
	});
}

/** A small network with fresh variables, and the options to train it. */
export function regression(): Pick<TrainOptions<Batch>, "loss" | "data"> & {
	variables: Record<string, tf.Variable>;
} {
	const variables: Record<string, tf.Variable> = tf.tidy(() => ({
		hidden: tf.variable(tf.tensor2d(numbers(features * 7, 3), [features, 7])),
		hiddenBias: tf.variable(tf.zeros([7])),
		output: tf.variable(tf.tensor2d(numbers(7, 4), [7, 1])),
	}));
	const { hidden, hiddenBias, output } = variables as Record<"hidden" | "hiddenBias" | "output", tf.Variable>;
	return {
		variables,
		data: regressionBatches(),
		loss: ({ x, y }) => {
			const activation = tf.tanh(tf.add(tf.matMul(x, hidden as tf.Tensor2D), hiddenBias));
			const error = tf.sub(tf.matMul(activation as tf.Tensor2D, output as tf.Tensor2D), y);
			return { loss: tf.mean(tf.square(error)), metrics: { distance: tf.mean(tf.abs(error)) } };
		},
	};
}

/** The same with dropout on what is given, by the seed of the step. */
export function regressionWithDropout(): ReturnType<typeof regression> {
	const task = regression();
	return {
		...task,
		loss: ({ x, y }, context) =>
			task.loss({ x: tf.dropout(x, 0.4, undefined, context.seed) as tf.Tensor2D, y }, context),
	};
}

/** The numbers of all variables, copied. */
export function valuesOf(variables: Readonly<Record<string, tf.Variable>>): Record<string, number[]> {
	return Object.fromEntries(Object.entries(variables).map(([name, v]) => [name, [...v.dataSync()]]));
}
