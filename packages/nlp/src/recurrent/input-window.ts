import * as tf from "@tensorflow/tfjs-core";
import { linearRecurrence } from "./linear-recurrence.ts";

/** Each input together with those before it, and those that the next step will need. */
export interface InputWindow {
	/** The oldest input first, `[time, batch, kernelSize · inputSize]`. */
	readonly windows: tf.Tensor3D;
	/** The last `kernelSize − 1` inputs, the oldest first, `[batch, (kernelSize − 1) · inputSize]`. */
	readonly last: tf.Tensor2D;
}

/**
 * The windows of a causal convolution over time, which then is one product: the gradients of the host's convolutions are
 * missing on its wasm backend.
 *
 *     windows_t = [x_{t−k+1}; …; x_{t−1}; x_t]      reversed: [x_{t+k−1}; …; x_{t+1}; x_t]
 *
 * What stands before the first step comes from `before`. With `live`, only the inputs that count are seen: a step that does not
 * count leaves the window as it was.
 *
 * @param x `[time, batch, inputSize]`.
 * @param before As {@link InputWindow.last}; an empty list of inputs, for a kernel of 1, is `undefined`.
 * @param live 1 for a step that counts, else 0, `[time, batch]`.
 */
export function inputWindows(
	x: tf.Tensor3D,
	before: tf.Tensor2D | undefined,
	live: tf.Tensor2D | undefined,
	reverse: boolean,
): InputWindow | { readonly windows: tf.Tensor3D; readonly last: undefined } {
	if (before === undefined) return { windows: x, last: undefined };
	const [time, batch, inputSize] = x.shape;
	const count = before.shape[1] / inputSize;
	const lag = live && keepLast(live, reverse);
	const olds: tf.Tensor3D[] = [];
	const lasts: tf.Tensor2D[] = [];
	let newest = x; // what this lag sees coming in
	for (let i = count - 1; i >= 0; i--) {
		const start = tf.slice(before, [0, i * inputSize], [batch, inputSize]); // [B, I]
		const held = lag === undefined ? newest : lag(newest, start); // [T, B, I]
		const edge = tf.reshape(start, [1, batch, inputSize]) as tf.Tensor3D;
		lasts.unshift(
			tf.reshape(tf.slice(held, [reverse ? 0 : time - 1, 0, 0], [1, batch, inputSize]), [batch, inputSize]),
		);
		newest = later(held, edge, reverse);
		olds.unshift(newest);
	}
	return {
		windows: tf.concat([...olds, x], 2), // [T, B, k·I]
		last: lasts.length === 1 ? (lasts[0] as tf.Tensor2D) : tf.concat(lasts, 1), // [B, (k−1)·I]
	};
}

/** One step later, in the direction of reading: the edge comes in, the last one falls out. */
function later(x: tf.Tensor3D, edge: tf.Tensor3D, reverse: boolean): tf.Tensor3D {
	const [time, batch, inputSize] = x.shape;
	if (time === 1) return edge;
	const rest = tf.slice(x, [reverse ? 1 : 0, 0, 0], [time - 1, batch, inputSize]);
	return tf.concat(reverse ? [rest, edge] : [edge, rest], 0);
}

/** Keeps what came in at the last step that counts. */
function keepLast(
	live: tf.Tensor2D,
	reverse: boolean,
): (incoming: tf.Tensor3D, initial: tf.Tensor2D) => tf.Tensor3D {
	const [time, batch] = live.shape;
	const counts = tf.reshape(live, [time, batch, 1]) as tf.Tensor3D;
	const keep = tf.sub(1, counts) as tf.Tensor3D;
	return (incoming, initial) => linearRecurrence(keep, tf.mul(counts, incoming), initial, reverse);
}
