import * as tf from "@tensorflow/tfjs-core";

/**
 * The parts of the last axis, without a gradient. Each is a row of one transposed copy: the host's `split` on the wasm
 * backend copies the whole tensor for every part.
 */
function splitChannels(x: tf.Tensor4D, groups: number): tf.Tensor4D[] {
	const [first, second, third, channels] = x.shape;
	const size = channels / groups;
	const apart = tf.transpose(tf.reshape(x, [-1, groups, size]), [1, 0, 2]); // [G, N, C / G]
	const rows = tf.reshape(apart, [groups, -1]);
	return Array.from({ length: groups }, (_, group) => {
		const row = tf.gather(rows, tf.tensor1d([group], "int32")); // [1, N C / G]
		return tf.reshape(row, [first, second, third, size]);
	});
}

/** The opposite of {@link splitChannels}. */
function joinChannels(parts: readonly tf.Tensor4D[]): tf.Tensor4D {
	const [first, second, third, size] = (parts[0] as tf.Tensor4D).shape;
	const rows = parts.map((part) => tf.reshape(part, [1, -1, size]));
	const joined = tf.transpose(tf.concat(rows, 0), [1, 0, 2]); // [N, G, C / G]
	return tf.reshape(joined, [first, second, third, size * parts.length]);
}

/** Calls `compute` with the channels of each group of both tensors, and puts the results' channels side by side. */
export function byGroup(
	groups: number,
	first: tf.Tensor4D,
	second: tf.Tensor4D,
	compute: (first: tf.Tensor4D, second: tf.Tensor4D) => tf.Tensor4D,
): tf.Tensor4D {
	if (groups === 1) return compute(first, second);
	const others = splitChannels(second, groups);
	return joinChannels(
		splitChannels(first, groups).map((part, group) =>
			tf.tidy(() => compute(part, others[group] as tf.Tensor4D)),
		),
	);
}
