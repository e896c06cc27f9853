import { randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { dot, type Matrix, plus } from "./plain-forward.ts";

// Recurrent layers in float64, from the formulas and with the layouts of our own weights.

/** A model's weights by their name; a vector is a matrix of one row. */
export type Weights = (name: string) => Matrix;

/** Gives a model weights so large that all of it matters, biases too, and reads them. */
export function randomWeights(model: { readonly weights: ReadonlyMap<string, tf.Variable> }): Weights {
	[...model.weights.values()].forEach((variable, i) => {
		tf.tidy(() => variable.assign(randomTensor(variable.shape, i + 1, 0.7)));
	});
	return (path) => {
		const variable = model.weights.get(path);
		if (variable === undefined) throw new Error(`no weight ${path} in ${[...model.weights.keys()]}`);
		return (variable.rank === 1 ? [variable.arraySync()] : variable.arraySync()) as Matrix;
	};
}

/** `x · w`, w `[in, out]`. */
export const times = (x: number[], w: Matrix): number[] =>
	(w[0] as number[]).map((_, j) =>
		dot(
			x,
			w.map((row) => Number(row[j])),
		),
	);

/** `x · kernel + bias` of each row. */
export const dense = (rows: Matrix, weights: Weights, name: string): Matrix =>
	rows.map((x) => plus(times(x, weights(`${name}/kernel`)), weights(`${name}/bias`)[0] as number[]));

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** A GRU that resets after the product; gates z, r, n. */
export function gru(inputs: Matrix, weights: Weights, name: string): Matrix {
	const [kernel, recurrent] = [weights(`${name}/kernel`), weights(`${name}/recurrentKernel`)];
	const [bias, recurrentBias] = [weights(`${name}/bias`)[0], weights(`${name}/recurrentBias`)[0]];
	const units = recurrent.length;
	let state: number[] = new Array<number>(units).fill(0);
	return inputs.map((input) => {
		const x = plus(times(input, kernel), bias as number[]);
		const h = plus(times(state, recurrent), recurrentBias as number[]);
		state = state.map((old, i) => {
			const z = sigmoid(Number(x[i]) + Number(h[i]));
			const r = sigmoid(Number(x[units + i]) + Number(h[units + i]));
			const n = Math.tanh(Number(x[2 * units + i]) + r * Number(h[2 * units + i]));
			return z * old + (1 - z) * n;
		});
		return state;
	});
}

/** What a GRU made of each place from the left, beside what another made from the right. */
export function bothWays(inputs: Matrix, weights: Weights, name: string): Matrix {
	const forward = gru(inputs, weights, `${name}/forward`);
	const backward = gru([...inputs].reverse(), weights, `${name}/backward`).reverse();
	return forward.map((state, t) => [...state, ...(backward[t] as number[])]);
}

export const softmax = (x: number[]): number[] => {
	const exps = x.map((value) => Math.exp(value - Math.max(...x)));
	const total = exps.reduce((sum, value) => sum + value, 0);
	return exps.map((value) => value / total);
};
