import * as tf from "@tensorflow/tfjs-core";

/** The steps of a time-major sequence, in the order in which they run. */
export function stepsInOrder(count: number, reverse: boolean): number[] {
	return Array.from({ length: count }, (_, step) => (reverse ? count - 1 - step : step));
}

/** The state before every step, from the states after it: one place later, the initial one first. */
export function previousStates(states: tf.Tensor3D, initial: tf.Tensor2D, reverse: boolean): tf.Tensor3D {
	const [time, batch, units] = states.shape;
	const first = tf.reshape(initial, [1, batch, units]) as tf.Tensor3D;
	if (time === 1) return first;
	const others = tf.slice(states, [reverse ? 1 : 0, 0, 0], [time - 1, batch, units]);
	return tf.concat(reverse ? [others, first] : [first, others], 0); // [T, B, U]
}

/** `[T, B, F]` as `[T·B, F]`. */
export function asRows(x: tf.Tensor): tf.Tensor2D {
	return tf.reshape(x, [-1, x.shape[x.rank - 1] ?? 0]);
}
