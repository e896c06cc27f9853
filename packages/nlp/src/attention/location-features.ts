import * as tf from "@tensorflow/tfjs-core";

/**
 * Convolves alignments, of which there may be several as channels, "same" padded with zeros and centred; for an even width the
 * extra weight is on the right. Made of slices and a product, since the host's wasm backend has no gradient for the filters
 * of a convolution.
 *
 * @param alignments Each `[B, S]`.
 * @param filters `[width, channels, F]`.
 * @returns `[B, S, F]`.
 */
export function locationFeatures(alignments: readonly tf.Tensor2D[], filters: tf.Tensor3D): tf.Tensor3D {
	const [width, channels, count] = filters.shape;
	const [batch, source] = (alignments[0] as tf.Tensor2D).shape;
	const before = Math.floor((width - 1) / 2);
	const padded = alignments.map((alignment) =>
		tf.pad(alignment, [
			[0, 0],
			[before, width - 1 - before],
		]),
	); // C × [B, S + W - 1]
	const shifts = Array.from({ length: width }, (_, from) =>
		padded.map((values) => tf.slice(values, [0, from], [batch, source])),
	).flat(); // W·C × [B, S]
	const windows = tf.reshape(tf.stack(shifts, 2), [batch * source, width * channels]);
	const found = tf.matMul(windows, tf.reshape(filters, [width * channels, count]));
	return tf.reshape(found, [batch, source, count]);
}
