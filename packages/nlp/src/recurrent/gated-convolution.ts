import type { ParameterScope } from "@heed/layers";
import { project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";

/** The steps before and behind a step that a convolution sees. */
export interface Reach {
	readonly before: number;
	readonly behind: number;
}

/** Steps of zeros around a sequence `[batch, time, features]`. */
export function padTime(x: tf.Tensor3D, { before, behind }: Reach): tf.Tensor3D {
	return tf.pad(x, [
		[0, 0],
		[before, behind],
		[0, 0],
	]);
}

/**
 * A convolution over time with a gate, as one product of shifted copies: the gradients of the host's convolutions are missing
 * on its wasm backend.
 *
 *     [a; s] = [x_t; …; x_{t+k−1}] · K + b;   out = a ∘ sigmoid(s)
 *
 * Weights: `kernel` `[kernelSize · units, 2·units]`, the earliest step first, and `bias` `[2·units]`.
 *
 * Dauphin et al. 2017, "Language Modeling with Gated Convolutional Networks", https://arxiv.org/abs/1612.08083
 */
export class GatedConvolution {
	readonly #kernelSize: number;
	readonly #units: number;
	readonly #kernel: tf.Variable<tf.Rank.R2>;
	readonly #bias: tf.Variable<tf.Rank.R1>;

	constructor(parameters: ParameterScope, kernelSize: number, units: number) {
		this.#kernelSize = kernelSize;
		this.#units = units;
		this.#kernel = parameters.add("kernel", [kernelSize * units, 2 * units]);
		this.#bias = parameters.add("bias", [2 * units], "zeros");
	}

	/** `[batch, time + kernelSize − 1, units]`, padded already, to `[batch, time, units]`. */
	run(x: tf.Tensor3D): tf.Tensor3D {
		const [batch, padded] = x.shape;
		const time = padded - this.#kernelSize + 1;
		const shifts = Array.from({ length: this.#kernelSize }, (_, i) =>
			tf.slice(x, [0, i, 0], [batch, time, this.#units]),
		);
		const windows = tf.concat(shifts, 2); // [B, T, k·U]
		const [a, gate] = tf.split(project(windows, this.#kernel, this.#bias), 2, 2) as [
			tf.Tensor3D,
			tf.Tensor3D,
		];
		return tf.mul(a, tf.sigmoid(gate));
	}
}
