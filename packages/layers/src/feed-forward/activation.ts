import { checkChoice, type DifferentiableOp, runDifferentiableOp } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Activations by name. `gelu` is `x · Φ(x)` with the error function, as in BERT; `geluTanh` its approximation by a tanh, as in
 * GPT-2; `silu` (also called swish) is `x · sigmoid(x)`.
 */
export type ActivationName =
	| "relu"
	| "gelu"
	| "geluTanh"
	| "silu"
	| "tanh"
	| "sigmoid"
	| "softplus"
	| "linear";

/** A function on every number of a tensor. */
export type Activation = <T extends tf.Tensor>(x: T) => T;

const activations: Readonly<Record<ActivationName, Activation>> = {
	relu: (x) => tf.relu(x),
	gelu: (x) => runDifferentiableOp(geluOp, { x }, {})[0] as typeof x,
	geluTanh: (x) => runDifferentiableOp(geluTanhOp, { x }, {})[0] as typeof x,
	silu: (x) => tf.mul(x, tf.sigmoid(x)),
	tanh: (x) => tf.tanh(x),
	sigmoid: (x) => tf.sigmoid(x),
	softplus: (x) => tf.softplus(x),
	linear: (x) => x,
};

/** The names of all activations. */
export const activationNames = Object.keys(activations) as readonly ActivationName[];

/**
 * The function of a name.
 *
 * Hendrycks, Gimpel 2016, "Gaussian Error Linear Units", https://arxiv.org/abs/1606.08415 (gelu and silu)
 *
 * @param where Who asks, for messages.
 * @throws HeedError `OPTION` for a name that is none.
 */
export function activationByName(where: string, name: ActivationName): Activation {
	checkChoice(where, "activation", name, activationNames);
	return activations[name];
}

/** One operation with its derivative, instead of a tape of eight. */
const geluOp: DifferentiableOp<Record<string, never>> = {
	kernelName: "HeedGelu",
	inputsToSave: ["x"],
	gradients: ["x"],
	outputCount: 1,
	forward: ({ x }) => [tf.mul(x as tf.Tensor, normalShare(x as tf.Tensor))],
	backward: ([upstream], inputs) => {
		const x = inputs.x as tf.Tensor;
		const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
		const slope = tf.add(normalShare(x), tf.mul(x, density));
		return { x: tf.mul(upstream as tf.Tensor, slope) };
	},
};

/** `Φ(x) = (1 + erf(x / √2)) / 2`. */
const normalShare = (x: tf.Tensor): tf.Tensor => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);

const geluTanhOp: DifferentiableOp<Record<string, never>> = {
	kernelName: "HeedGeluTanh",
	inputsToSave: ["x"],
	gradients: ["x"],
	outputCount: 1,
	forward: ({ x }) => {
		const t = innerTanh(x as tf.Tensor);
		return [tf.mul(tf.mul(x as tf.Tensor, 0.5), tf.add(t, 1))];
	},
	backward: ([upstream], inputs) => {
		const x = inputs.x as tf.Tensor;
		const t = innerTanh(x);
		const inner = tf.mul(tf.add(tf.mul(tf.square(x), 3 * cubic), 1), rootTwoOverPi);
		const bend = tf.mul(tf.mul(x, tf.sub(1, tf.square(t))), inner);
		return { x: tf.mul(upstream as tf.Tensor, tf.mul(tf.add(tf.add(t, 1), bend), 0.5)) };
	},
};

const cubic = 0.044715;
const rootTwoOverPi = Math.sqrt(2 / Math.PI);

/** `tanh(√(2/π) (x + 0.044715 x³))`. */
function innerTanh(x: tf.Tensor): tf.Tensor {
	const cube = tf.mul(tf.mul(tf.square(x), x), cubic);
	return tf.tanh(tf.mul(tf.add(x, cube), rootTwoOverPi));
}
