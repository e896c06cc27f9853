import { randomSource } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";

// An independent forward pass in float64, from the formulas and with the layouts of PyTorch's modules.

export type Matrix = number[][];
export interface Values {
	readonly shape: number[];
	readonly data: number[];
}
export type State = Record<string, Values>;

export const row = ({ data }: Values): number[] => data;
export const matrix = ({ shape: [rows = 0, columns = 0], data }: Values): Matrix =>
	Array.from({ length: rows }, (_, r) => data.slice(r * columns, (r + 1) * columns));
export const dot = (a: number[], b: number[]): number =>
	a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
export const plus = (...vectors: number[][]): number[] =>
	(vectors[0] as number[]).map((_, i) => vectors.reduce((sum, vector) => sum + (vector[i] as number), 0));
/** PyTorch's Linear, `[out, in]`. */
export const linear = (x: Matrix, weight: Values, bias?: Values): Matrix =>
	x.map((v) => matrix(weight).map((w, o) => dot(v, w) + (bias?.data[o] ?? 0)));
/** Hugging Face's Conv1D, `[in, out]`. */
export const conv1d = (x: Matrix, weight: Values, bias: Values): Matrix =>
	x.map((v) =>
		row(bias).map((b, o) =>
			matrix(weight).reduce((sum, w, i) => sum + (v[i] as number) * (w[o] as number), b),
		),
	);
export const layerNorm = (x: Matrix, gamma: Values, beta: Values | undefined, epsilon: number): Matrix =>
	x.map((v) => {
		const mean = v.reduce((a, b) => a + b) / v.length;
		const variance = v.reduce((a, b) => a + (b - mean) ** 2, 0) / v.length;
		return v.map(
			(a, i) =>
				((a - mean) / Math.sqrt(variance + epsilon)) * (gamma.data[i] as number) + (beta?.data[i] ?? 0),
		);
	});
export const rmsNorm = (x: Matrix, gamma: Values, epsilon: number): Matrix =>
	x.map((v) => v.map((a, i) => (a / Math.sqrt(dot(v, v) / v.length + epsilon)) * (gamma.data[i] as number)));
/** The error function by its series. */
export function erf(x: number): number {
	let [sum, term] = [x, x];
	for (let n = 1; n < 60; n++) {
		term *= (-x * x) / n;
		sum += term / (2 * n + 1);
	}
	return (2 / Math.sqrt(Math.PI)) * sum;
}
export const gelu = (x: number): number => (x * (1 + erf(x / Math.SQRT2))) / 2;
export const geluNew = (x: number): number =>
	(x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2;
export const silu = (x: number): number => x / (1 + Math.exp(-x));

export function attention(
	q: Matrix,
	k: Matrix,
	v: Matrix,
	heads: number,
	sees: (i: number, j: number) => boolean,
): Matrix {
	const size = (q[0]?.length ?? 0) / heads;
	const group = heads / ((k[0]?.length ?? 0) / size);
	return q.map((query, i) =>
		Array.from({ length: heads }, (_, h) => {
			const part = (x: number[], head: number): number[] => x.slice(head * size, (head + 1) * size);
			const kv = Math.floor(h / group);
			const scores = k.map((key, j) =>
				sees(i, j) ? Math.exp(dot(part(query, h), part(key, kv)) / Math.sqrt(size)) : 0,
			);
			const total = scores.reduce((a, b) => a + b);
			return Array.from({ length: size }, (_, d) =>
				scores.reduce((sum, s, j) => sum + (s / total) * (part(v[j] as number[], kv)[d] as number), 0),
			);
		}).flat(),
	);
}

/** Rotary positions by halves, as in Hugging Face's Llama. */
export const rotateHalf = (x: Matrix, size: number, base: number): Matrix =>
	x.map((v, position) =>
		v.map((value, at) => {
			const [head, d, half] = [Math.floor(at / size) * size, at % size, size / 2];
			const angle = position * base ** (-(2 * (d % half)) / size);
			const partner = d < half ? -(v[head + d + half] as number) : (v[head + d - half] as number);
			return value * Math.cos(angle) + partner * Math.sin(angle);
		}),
	);

export const tensorsOf = (state: State): Record<string, tf.Tensor> =>
	Object.fromEntries(Object.entries(state).map(([name, { shape, data }]) => [name, tf.tensor(data, shape)]));
/** Random weights, rounded to float32. */
export function makeState(shapes: Record<string, number[]>, seed: number): State {
	const random = randomSource(seed);
	return Object.fromEntries(
		Object.entries(shapes).map(([name, shape]) => {
			const size = shape.reduce((a, b) => a * b, 1);
			return [name, { shape, data: Array.from({ length: size }, () => Math.fround(random.normal() * 0.5)) }];
		}),
	);
}
