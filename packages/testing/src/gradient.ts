import * as tf from "@tensorflow/tfjs-core";
import { expectClose, inScope, readAll } from "./close.ts";
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

type Differentiable = (...inputs: tf.Tensor[]) => tf.Tensor;

/**
 * Compares the gradients of `f` with respect to all `inputs` with finite differences of the scalar
 * `sum(f(inputs) * upstream)`, where `upstream` is random. The sum is taken in float64, and the differences are
 * Richardson-extrapolated: `(4 D(h/2) - D(h)) / 3`.
 */
export function expectGradientsMatch(
	f: Differentiable,
	inputs: readonly tf.Tensor[],
	options: GradientOptions = {},
): void {
	tf.tidy(() => evaluate(f, inputs, options).compare());
}

/** The same on backends that cannot be read at once, too (WebGPU). `inputs` and `f` must not wait for anything. */
export async function expectGradientsToMatch(
	f: Differentiable,
	makeInputs: () => readonly tf.Tensor[],
	options: GradientOptions = {},
): Promise<void> {
	await inScope(async () => {
		const inputs = makeInputs();
		await readAll(inputs);
		const { tensors, compare } = evaluate(f, inputs, options);
		await readAll(tensors);
		compare();
	});
}

/** A coordinate of an input, what `f` gives around it, and how far its neighbours are apart. */
interface Neighbourhood {
	readonly index: number;
	readonly differences: readonly {
		readonly high: tf.Tensor;
		readonly low: tf.Tensor;
		readonly width: number;
	}[];
}

/** Computes all that is compared, and reads none of it. */
function evaluate(
	f: Differentiable,
	inputs: readonly tf.Tensor[],
	{ step = 1e-2, tolerance = 2e-3, coordinates = 24, seed = 1, names = [] }: GradientOptions,
): { readonly tensors: readonly tf.Tensor[]; compare(): void } {
	// Before `f`: a GPU takes what it is given away from here.
	const base = inputs.map((input) => Float32Array.from(input.dataSync()));
	const random = randomSource(seed);
	const outputSize = tf.tidy(() => f(...inputs).size);
	const upstream = Float32Array.from({ length: outputSize }, () => random.normal());
	const analytic = tf.tidy(() =>
		tf.grads((...tensors: tf.Tensor[]) => {
			const y = f(...tensors);
			return tf.sum(tf.mul(y, tf.tensor(upstream, y.shape)));
		})([...inputs]),
	);

	const withValue = (data: Float32Array, index: number, value: number): tf.Tensor => {
		const original = data[index] ?? 0;
		data[index] = value;
		const output = tf.tidy(() =>
			f(...base.map((values, i) => tf.tensor(values.slice(), inputs[i]?.shape ?? [], "float32"))),
		);
		data[index] = original;
		return output;
	};
	const around = base.map((data) =>
		pickCoordinates(data.length, coordinates, random.integer).map((index): Neighbourhood => {
			const differences = [step / 2, step].map((h) => {
				// Use the step that float32 really makes.
				const up = Math.fround((data[index] ?? 0) + h);
				const down = Math.fround((data[index] ?? 0) - h);
				const [high, low] = [withValue(data, index, up), withValue(data, index, down)];
				return { high, low, width: up - down };
			});
			return { index, differences };
		}),
	);

	const objective = (output: tf.Tensor): number => {
		let sum = 0;
		output.dataSync().forEach((value, i) => {
			sum += value * (upstream[i] ?? 0);
		});
		return sum;
	};
	const compare = (): void => {
		around.forEach((picks, i) => {
			const gradient = analytic[i]?.dataSync() ?? [];
			const numeric = picks.map(({ differences }) => {
				const [half = Number.NaN, whole = Number.NaN] = differences.map(
					({ high, low, width }) => (objective(high) - objective(low)) / width,
				);
				return (4 * half - whole) / 3;
			});
			const places = picks.map(({ index }) => index);
			expectClose(
				places.map((index) => gradient[index] ?? Number.NaN),
				numeric,
				{ atol: tolerance, label: `gradient of ${names[i] ?? `input ${i}`} at ${places.join(",")}` },
			);
		});
	};
	const outputs = around
		.flat()
		.flatMap(({ differences }) => differences.flatMap(({ high, low }) => [high, low]));
	return { tensors: [...analytic, ...outputs], compare };
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
