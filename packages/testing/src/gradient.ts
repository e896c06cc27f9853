import * as tf from "@tensorflow/tfjs-core";
import { expectClose } from "./close.ts";
import { randomSource } from "./random.ts";

/** How a gradient is compared with finite differences. */
export interface GradientOptions {
	/** Step of the central differences. Default 1e-2; two step sizes are combined to cancel the h² error. */
	readonly step?: number;
	/** Absolute and relative tolerance. Default 2e-3, what float32 allows. */
	readonly tolerance?: number;
	/** At most this many coordinates of each input are perturbed, chosen by the seed. Default 24. */
	readonly coordinates?: number;
	/** Seed of the upstream gradient and of the chosen coordinates. Default 1. */
	readonly seed?: number;
	/** Names of the inputs, for messages. */
	readonly names?: readonly string[];
}

/**
 * Compares the gradients of `f` with respect to all `inputs` with finite differences of the scalar
 * `sum(f(inputs) * upstream)`, where `upstream` is random. The sum is taken in float64, and the differences are
 * Richardson-extrapolated: `(4 D(h/2) - D(h)) / 3`.
 */
export function expectGradientsMatch(
	f: (...inputs: tf.Tensor[]) => tf.Tensor,
	inputs: readonly tf.Tensor[],
	options: GradientOptions = {},
): void {
	const { step = 1e-2, tolerance = 2e-3, coordinates = 24, seed = 1, names = [] } = options;
	const random = randomSource(seed);
	const outputSize = tf.tidy(() => f(...inputs).size);
	const upstream = Float32Array.from({ length: outputSize }, () => random.normal());

	const objective = (values: readonly Float32Array[]): number =>
		tf.tidy(() => {
			const tensors = values.map((data, i) => tf.tensor(data, inputs[i]?.shape ?? [], "float32"));
			const output = f(...tensors).dataSync();
			let sum = 0;
			for (let i = 0; i < output.length; i++) sum += (output[i] ?? 0) * (upstream[i] ?? 0);
			return sum;
		});

	const base = inputs.map((input) => Float32Array.from(input.dataSync()));
	const analytic = tf.tidy(() => {
		const dy = (y: tf.Tensor): tf.Tensor => tf.tensor(upstream, y.shape);
		const gradients = tf.grads((...tensors: tf.Tensor[]) => {
			const y = f(...tensors);
			return tf.sum(tf.mul(y, dy(y)));
		})([...inputs]);
		return gradients.map((gradient) => Float32Array.from(gradient.dataSync()));
	});

	base.forEach((data, i) => {
		const picks = pickCoordinates(data.length, coordinates, random.integer);
		const difference = (index: number, h: number): number => {
			const original = data[index] ?? 0;
			// Use the step that float32 really makes.
			const up = Math.fround(original + h);
			const down = Math.fround(original - h);
			data[index] = up;
			const high = objective(base);
			data[index] = down;
			const low = objective(base);
			data[index] = original;
			return (high - low) / (up - down);
		};
		const numeric = picks.map((index) => (4 * difference(index, step / 2) - difference(index, step)) / 3);
		expectClose(
			picks.map((index) => analytic[i]?.[index] ?? Number.NaN),
			numeric,
			{ atol: tolerance, label: `gradient of ${names[i] ?? `input ${i}`} at ${picks.join(",")}` },
		);
	});
}

function pickCoordinates(
	size: number,
	limit: number,
	integer: (min: number, max: number) => number,
): number[] {
	if (size <= limit) return Array.from({ length: size }, (_, index) => index);
	const picks = new Set<number>();
	while (picks.size < limit) picks.add(integer(0, size - 1));
	return [...picks];
}
