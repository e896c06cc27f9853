import * as tf from "@tensorflow/tfjs-core";
import { initializers } from "@tensorflow/tfjs-layers";
import { orthogonalValues } from "./orthogonal-values.ts";
import { randomStream } from "./random-stream.ts";

/**
 * How a new weight is filled.
 *
 * - `glorotUniform`, `glorotNormal`, `heNormal`: by the sizes of a product's input and output
 * - `orthogonal`: rows (or columns, whichever are fewer) of length 1 at right angles, for recurrent kernels
 * - `standardNormal`: for embeddings. A row of a table is an input, not one of many summands, and with Glorot's small
 *   values a rare token would say next to nothing for thousands of updates.
 * - `smallNormal`: standard deviation 0.02, as in BERT and GPT
 * - `{ deviation }`: normal, of another standard deviation
 * - `{ constant }`: the same number everywhere; `ones` and `zeros` for short
 */
export type ParameterInitializer =
	| "glorotUniform"
	| "glorotNormal"
	| "heNormal"
	| "orthogonal"
	| "standardNormal"
	| "smallNormal"
	| "ones"
	| "zeros"
	| { readonly deviation: number }
	| { readonly constant: number };

/** The first value of a weight. */
export function initialValue(initializer: ParameterInitializer, shape: number[], seed: number): tf.Tensor {
	if (typeof initializer === "object") {
		return "deviation" in initializer
			? normalValues(shape, initializer.deviation, seed)
			: tf.fill(shape, initializer.constant);
	}
	switch (initializer) {
		case "ones":
			return tf.ones(shape);
		case "zeros":
			return tf.zeros(shape);
		case "standardNormal":
			return normalValues(shape, 1, seed);
		case "smallNormal":
			return normalValues(shape, 0.02, seed);
		case "orthogonal": {
			const [rows = 1, columns = 1] = shape;
			return tf.tensor(orthogonalValues(rows, columns, seed), shape);
		}
		default:
			return initializers[initializer]({ seed }).apply(shape);
	}
}

function normalValues(shape: number[], deviation: number, seed: number): tf.Tensor {
	const { normal } = randomStream(seed);
	const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => normal() * deviation);
	return tf.tensor(values, shape);
}
