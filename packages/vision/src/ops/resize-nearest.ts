import * as tf from "@tensorflow/tfjs-core";

/**
 * Repeats the nearest pixel, `source = ⌊i · size / outSize⌋`, as two products with constant matrices: the host's gradient is
 * wrong for factors that are not whole.
 */
export function resizeNearest(x: tf.Tensor4D, [outHeight, outWidth]: readonly [number, number]): tf.Tensor4D {
	const [batch, height, width, channels] = x.shape;
	const rows = tf.reshape(tf.transpose(x, [1, 0, 2, 3]), [height, -1]); // [H, B W C]
	const tall = tf.reshape(tf.matMul(selection(height, outHeight), rows), [outHeight, batch, width, channels]);
	const columns = tf.reshape(tf.transpose(tall, [2, 1, 0, 3]), [width, -1]); // [W, B h C]
	const wide = tf.matMul(selection(width, outWidth), columns);
	return tf.transpose(tf.reshape(wide, [outWidth, batch, outHeight, channels]), [1, 2, 0, 3]);
}

function selection(size: number, outSize: number): tf.Tensor2D {
	const matrix = new Float32Array(outSize * size);
	for (let i = 0; i < outSize; i++) matrix[i * size + Math.floor((i * size) / outSize)] = 1;
	return tf.tensor2d(matrix, [outSize, size]);
}
