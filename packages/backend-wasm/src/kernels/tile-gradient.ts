import * as tf from "@tensorflow/tfjs-core";

/**
 * The gradient of `Tile`: the repeats of every axis added up.
 *
 *     dx = Σ over the repeats of dy, axis by axis, seen as [outer, repeats, inner]
 *
 * The host's takes a slice for every repeat and adds them one by one: a layer normalisation of `tf.layers` on
 * `[16, 64, 128]` makes 4,608 of each. It is the same on every backend, and ends at rank 4.
 */
export const tileGradient: tf.GradConfig = {
	kernelName: "Tile",
	inputsToSave: ["x"],
	gradFunc(dy, saved, attrs) {
		const [x] = saved as [tf.Tensor];
		const reps = attrs.reps as number[];
		return { x: () => tf.tidy(() => sumRepeats(dy as tf.Tensor, x.shape, reps)) };
	},
};

function sumRepeats(dy: tf.Tensor, shape: readonly number[], reps: readonly number[]): tf.Tensor {
	if (dy.size === 0) return tf.zeros([...shape]);
	let sum = dy;
	let inner = 1;
	for (let axis = shape.length - 1; axis >= 0; axis--) {
		const times = reps[axis] ?? 1;
		inner *= shape[axis] ?? 1;
		if (times === 1) continue;
		sum = tf.sum(tf.reshape(sum, [-1, times, inner]), 1);
	}
	return tf.reshape(sum, [...shape]);
}
