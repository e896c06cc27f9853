import { checkRank, checkShape } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { checkWeights } from "./check-weights.ts";

/** The weights of one layer and direction of PyTorch's `nn.GRU` or `nn.LSTM`, without their suffix `_l0`. */
export interface TorchRecurrentWeights {
	/** `[gates·units, inputSize]`. */
	readonly weight_ih: tf.Tensor2D;
	/** `[gates·units, units]`. */
	readonly weight_hh: tf.Tensor2D;
	/** `[gates·units]`. */
	readonly bias_ih: tf.Tensor1D;
	/** `[gates·units]`. */
	readonly bias_hh: tf.Tensor1D;
}

/** Values for the weights of a `GruCell` that resets after the product. */
export interface GruWeightValues {
	/** Of the input, columns z, r, n: `[inputSize, 3·units]`. */
	readonly kernel: tf.Tensor2D;
	/** Of the state: `[units, 3·units]`. */
	readonly recurrentKernel: tf.Tensor2D;
	/** Of the input: `[3·units]`. */
	readonly bias: tf.Tensor1D;
	/** Of the state: `[3·units]`. */
	readonly recurrentBias: tf.Tensor1D;
}

/** Values for the weights of an `LstmCell`. */
export interface LstmWeightValues {
	/** Of the input, columns i, f, c, o: `[inputSize, 4·units]`. */
	readonly kernel: tf.Tensor2D;
	/** Of the state: `[units, 4·units]`. */
	readonly recurrentKernel: tf.Tensor2D;
	/** `[4·units]`. */
	readonly bias: tf.Tensor1D;
}

/**
 * Converts the weights of PyTorch's GRU: rows r, z, n become columns z, r, n. Give the result to `assignWeights`. The
 * conversion is differentiable.
 *
 *     kernel [I, 3U] = columns z, r, n of weight_ihᵀ;   recurrentKernel [U, 3U] so of weight_hhᵀ;   both biases [3U]
 *
 * The formulas: https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html; with `resetAfter`, the default of `GruCell`.
 *
 * @throws HeedError `SHAPE`; `OPTION` for weights that are missing or would not be read.
 */
export function gruFromTorch(weights: TorchRecurrentWeights): GruWeightValues {
	checkTorchWeights("gruFromTorch", weights, 3);
	return tf.tidy(() => {
		const reorder = <T extends tf.Tensor>(x: T): T => {
			const [r, z, n] = tf.split(x, 3, 0) as [T, T, T];
			return tf.concat([z, r, n], 0) as T;
		};
		return {
			kernel: tf.transpose(reorder(weights.weight_ih)),
			recurrentKernel: tf.transpose(reorder(weights.weight_hh)),
			bias: reorder(weights.bias_ih),
			recurrentBias: reorder(weights.bias_hh),
		};
	});
}

/**
 * Converts the weights of PyTorch's LSTM: rows i, f, g, o become columns, and the two biases, which only ever appear as
 * their sum, become one. Give the result to `assignWeights`. The conversion is differentiable.
 *
 *     kernel [I, 4U] = weight_ihᵀ;   recurrentKernel [U, 4U] = weight_hhᵀ;   bias [4U] = bias_ih + bias_hh
 *
 * The formulas: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html
 *
 * @throws HeedError `SHAPE`; `OPTION` for weights that are missing or would not be read.
 */
export function lstmFromTorch(weights: TorchRecurrentWeights): LstmWeightValues {
	checkTorchWeights("lstmFromTorch", weights, 4);
	return tf.tidy(() => ({
		kernel: tf.transpose(weights.weight_ih),
		recurrentKernel: tf.transpose(weights.weight_hh),
		bias: tf.add(weights.bias_ih, weights.bias_hh) as tf.Tensor1D,
	}));
}

function checkTorchWeights(where: string, weights: TorchRecurrentWeights, gates: number): void {
	checkWeights(where, weights, ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]);
	checkRank(where, "weight_hh", weights.weight_hh, ["gates·units", "units"]);
	const units = weights.weight_hh.shape[1] ?? 0;
	const rows = gates * units;
	const reason = `${gates} gates of ${units} units, from the columns of weight_hh`;
	checkShape(where, "weight_hh", weights.weight_hh, ["gates·units", "units"], [rows, units], reason);
	checkShape(where, "weight_ih", weights.weight_ih, ["gates·units", "inputSize"], [rows, null], reason);
	checkShape(where, "bias_ih", weights.bias_ih, ["gates·units"], [rows], reason);
	checkShape(where, "bias_hh", weights.bias_hh, ["gates·units"], [rows], reason);
}
