import { convolution2d } from "@heed/core";
import { randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

/** Moves all numbers of a model off their first values, and gives its weights, convolutions and norms by their names. */
export function stirredParts(built: LayersModel) {
	const weights = (layer: string): tf.Tensor[] => built.getLayer(layer).getWeights();
	built.layers.forEach((layer, i) => {
		const stirred = layer
			.getWeights()
			.map((w, k) => tf.add(w, tf.abs(randomTensor(w.shape, 10 * i + k, 0.3))));
		if (stirred.length > 0) layer.setWeights(stirred);
	});
	const conv = (x: tf.Tensor4D, name: string, strides = 1, groups = 1): tf.Tensor4D => {
		const [kernel] = weights(name) as [tf.Tensor4D];
		return convolution2d(x, kernel, { strides, padding: (kernel.shape[0] - 1) / 2, groups });
	};
	const norm = (x: tf.Tensor4D, name: string): tf.Tensor4D => {
		const [gamma, beta, mean, variance] = weights(name) as tf.Tensor1D[];
		const unit = tf.div(tf.sub(x, mean as tf.Tensor), tf.sqrt(tf.add(variance as tf.Tensor, 1e-5)));
		return tf.add(tf.mul(unit, gamma as tf.Tensor), beta as tf.Tensor);
	};
	return { weights, conv, norm };
}
