import { checkFlag, checkOptions, checkRank, checkShape, HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { checkWeights } from "./check-weights.ts";
import type { GruWeightValues, LstmWeightValues } from "./from-torch.ts";

/** The weights of a `GRU` or an `LSTM` of Keras, by the names that Keras gives them. */
export interface KerasRecurrentWeights {
	/** `[inputSize, gates·units]`. */
	readonly kernel: tf.Tensor2D;
	/** `[units, gates·units]`. */
	readonly recurrent_kernel: tf.Tensor2D;
	/** `[gates·units]`, of a GRU with `reset_after` `[2, 3·units]`; none with `use_bias=False`. */
	readonly bias?: tf.Tensor | undefined;
}

/** What {@link gruFromKeras} accepts. */
export interface GruFromKerasOptions {
	/** The `reset_after` of the Keras layer: true by default in Keras 2 and 3, always false in TensorFlow.js. Default true. */
	readonly resetAfter?: boolean | undefined;
}

/**
 * Converts the weights of Keras' GRU, whose gates z, r, h stand in our order:
 *
 *     kernel [I, 3U] and recurrentKernel [U, 3U] as they are;   bias [2, 3U] → bias [3U], recurrentBias [3U], or [3U] → bias [3U]
 *
 * With `reset_after` its bias has two rows, of
 * which the first is added to the input's product (`bias`) and the second to the state's (`recurrentBias`). Give the result to
 * `assignWeights` for a `GruCell` with the same `resetAfter`. The conversion is differentiable.
 *
 * The numbers are Keras' if its `recurrent_activation` is `sigmoid`, the default; a GRU trained in TensorFlow.js has a
 * `hardSigmoid`, unless told otherwise, and does not compute the same here.
 *
 * @throws HeedError `OPTION`, `SHAPE`.
 */
export function gruFromKeras(
	weights: KerasRecurrentWeights,
	options: GruFromKerasOptions = {},
): Omit<GruWeightValues, "recurrentBias"> & Partial<Pick<GruWeightValues, "recurrentBias">> {
	const where = "gruFromKeras";
	checkOptions(where, options, ["resetAfter"]);
	const { resetAfter = true } = options;
	checkFlag(where, "resetAfter", resetAfter);
	const columns = checkKernels(where, weights, 3);
	const { bias } = weights;
	if (bias !== undefined && bias.rank !== (resetAfter ? 2 : 1)) {
		const found = `bias [${bias.shape.join(", ")}] is that of a GRU with \`reset_after=${!resetAfter}\``;
		throw new HeedError(
			"SHAPE",
			where,
			`${found}. Pass { resetAfter: ${!resetAfter} }, and make the cell so.`,
		);
	}
	if (bias !== undefined && resetAfter) {
		checkShape(where, "bias", bias, ["input and state", "gates·units"], [2, columns], "the recurrent kernel");
	} else if (bias !== undefined) {
		checkShape(where, "bias", bias, ["gates·units"], [columns], "the recurrent kernel");
	}
	return tf.tidy(() => {
		// Summed over the row's own axis: a bias that is a reshaped slice is refused by the host's fused product on wasm.
		const row = (index: number): tf.Tensor1D => {
			if (bias === undefined) return tf.zeros([columns]);
			return tf.sum(tf.slice(tf.reshape(bias, [-1, columns]), [index, 0], [1, columns]), 0);
		};
		return {
			kernel: tf.clone(weights.kernel),
			recurrentKernel: tf.clone(weights.recurrent_kernel),
			bias: row(0),
			...(resetAfter && { recurrentBias: row(1) }),
		};
	});
}

/**
 * Converts the weights of Keras' LSTM, whose gates i, f, c, o stand in our order: kernel [I, 4U], recurrentKernel [U, 4U] and bias
 * [4U] as they are, zeros where there is no bias. Give the result to `assignWeights`. The
 * conversion is differentiable. As with {@link gruFromKeras}, the numbers are Keras' if its `recurrent_activation` is `sigmoid`.
 *
 * @throws HeedError `OPTION`, `SHAPE`.
 */
export function lstmFromKeras(weights: KerasRecurrentWeights): LstmWeightValues {
	const where = "lstmFromKeras";
	const columns = checkKernels(where, weights, 4);
	const { bias } = weights;
	if (bias !== undefined) checkShape(where, "bias", bias, ["gates·units"], [columns], "the recurrent kernel");
	return tf.tidy(() => ({
		kernel: tf.clone(weights.kernel),
		recurrentKernel: tf.clone(weights.recurrent_kernel),
		bias: bias === undefined ? tf.zeros<tf.Rank.R1>([columns]) : tf.clone(bias as tf.Tensor1D),
	}));
}

function checkKernels(where: string, weights: KerasRecurrentWeights, gates: number): number {
	checkWeights(where, weights, ["kernel", "recurrent_kernel", "bias"]);
	const { kernel, recurrent_kernel: recurrent } = weights;
	checkRank(where, "recurrent_kernel", recurrent, ["units", "gates·units"]);
	const columns = gates * (recurrent.shape[0] ?? 0);
	const reason = `${gates} gates of ${recurrent.shape[0]} units, from the rows of recurrent_kernel`;
	checkShape(where, "recurrent_kernel", recurrent, ["units", "gates·units"], [null, columns], reason);
	checkShape(where, "kernel", kernel, ["inputSize", "gates·units"], [null, columns], reason);
	return columns;
}
