import * as tf from "@tensorflow/tfjs-core";

/** The inputs of the log-likelihood, all given. */
export interface ChainTensors {
	/** `[B, T, K]`. */
	readonly emissions: tf.Tensor3D;
	/** int32 `[B, T]`. */
	readonly tags: tf.Tensor2D;
	/** int32 `[B]`. */
	readonly lengths: tf.Tensor1D;
	/** `[K, K]`. */
	readonly transitions: tf.Tensor2D;
	/** `[K]`. */
	readonly start: tf.Tensor1D;
	/** `[K]`. */
	readonly end: tf.Tensor1D;
}

/**
 * The log-likelihood of tag paths by the host's ops, step by step on the tape: for backends whose numbers are on a device.
 * Call it within a tidy.
 */
export function composedLogLikelihood(inputs: ChainTensors): tf.Tensor1D {
	const { emissions, tags, lengths, transitions, start, end } = inputs;
	const [batch, time, classes] = emissions.shape;
	const steps = tf.transpose(emissions, [1, 0, 2]); // [T, B, K]
	const hot = tf.cast(tf.oneHot(tf.reshape(tf.transpose(tags), [-1]), classes), "float32"); // [T · B, K]
	const chosen = tf.reshape(hot, [time, batch, classes]);
	const step = (x: tf.Tensor, t: number): tf.Tensor2D =>
		tf.reshape(tf.slice(x, [t, 0, 0], [1, batch, classes]), [batch, classes]);
	const within = (t: number): tf.Tensor1D =>
		tf.cast(tf.greater(lengths, tf.scalar(t, "int32")), "float32") as tf.Tensor1D; // [B]

	let alpha = tf.add(start, step(steps, 0)) as tf.Tensor2D; // [B, K]
	let path = tf.sum(tf.mul(alpha, step(chosen, 0)), 1) as tf.Tensor1D; // [B]
	let last = step(chosen, 0); // [B, K]
	for (let t = 1; t < time; t++) {
		const live = within(t);
		const column = tf.reshape(live, [batch, 1]);
		const pairs = tf.add(tf.reshape(alpha, [batch, classes, 1]), transitions); // [B, K, K]
		const next = tf.add(tf.logSumExp(pairs, 1), step(steps, t)) as tf.Tensor2D; // [B, K]
		const here = step(chosen, t);
		const moved = tf.sum(tf.mul(tf.matMul(last, transitions), here), 1); // [B]
		const emitted = tf.sum(tf.mul(step(steps, t), here), 1); // [B]
		path = tf.add(path, keep(live, tf.add(moved, emitted)));
		alpha = tf.where(tf.cast(tf.mul(column, tf.onesLike(alpha)), "bool"), next, alpha);
		last = tf.add(tf.mul(here, column), tf.mul(last, tf.sub(1, column)));
	}
	path = tf.add(path, tf.sum(tf.mul(last, end), 1));
	return keep(within(0), tf.sub(path, tf.logSumExp(tf.add(alpha, end), 1))) as tf.Tensor1D;
}

/** `x` where `live` is 1, else 0, whatever `x` is there: a product would keep a NaN. */
function keep<T extends tf.Tensor>(live: tf.Tensor, x: T): T {
	return tf.where(tf.cast(live, "bool"), x, tf.zerosLike(x)) as T;
}
