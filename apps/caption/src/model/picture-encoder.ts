import { convolution2d } from "@heed/core";
import type { ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";

/** What a {@link PictureEncoder} is made of. */
export interface PictureEncoderOptions {
	/** Height and width of a picture. */
	readonly size: number;
	/** Channels of the last convolutions; the first has half of them. */
	readonly channels: number;
	/** How many convolutions halve the picture; two more keep its size. */
	readonly halvings: number;
}

/**
 * Turns a picture into a map of features, as the part of a network for classes that stands before its last pooling:
 *
 *     x = (picture − mean) / deviation                        one of each for all numbers of a picture
 *     halvings times:  x = relu(3×3 convolution of every second pixel)
 *     x = relu(3×3 convolution)
 *     x = relu(3×3 convolution of [x; column; row])
 *     map = [x; column; row]
 *
 * Column and row, from −1 to 1, tell each place where it is, since a caption may say so (Liu et al. 2018, "An Intriguing Failing
 * of Convolutional Neural Networks and the CoordConv Solution", https://arxiv.org/abs/1807.03247). As channels of the map they
 * tell who attends to it where that was.
 */
export class PictureEncoder {
	/** Height and width of the map. */
	readonly side: number;
	/** Channels of the map. */
	readonly channels: number;
	readonly #layers: { readonly kernel: tf.Variable; readonly bias: tf.Variable; readonly stride: number }[];

	constructor(parameters: ParameterScope, { size, channels, halvings }: PictureEncoderOptions) {
		this.channels = channels + 2;
		this.side = Array.from({ length: halvings }).reduce<number>((side) => Math.ceil(side / 2), size);
		this.#layers = Array.from({ length: halvings + 2 }, (_, layer) => {
			const inputs = (layer === 0 ? 3 : width(layer - 1)) + (layer === halvings + 1 ? 2 : 0);
			const outputs = width(layer);
			const scope = parameters.scope(`${layer}`);
			return {
				kernel: scope.add("kernel", [3, 3, inputs, outputs], "heNormal"),
				bias: scope.add("bias", [outputs], "zeros"),
				stride: layer < halvings ? 2 : 1,
			};
		});
		function width(layer: number): number {
			return layer === 0 ? Math.ceil(channels / 2) : channels;
		}
	}

	/** Pictures `[batch, size, size, 3]` of numbers in 0 … 1 to `[batch, side, side, channels]`. */
	encode(pictures: tf.Tensor4D): tf.Tensor4D {
		const last = this.#layers.length - 1;
		const features = this.#layers.reduce((x, { kernel, bias, stride }, layer) => {
			const options = { strides: stride, padding: "same" } as const;
			const seen = layer === last ? this.#withPlaces(x) : x;
			return tf.relu(tf.add(convolution2d(seen, kernel as tf.Tensor4D, options), bias));
		}, standardized(pictures));
		return this.#withPlaces(features);
	}

	#withPlaces(x: tf.Tensor4D): tf.Tensor4D {
		const { side } = this;
		const [batch] = x.shape;
		const line = side === 1 ? tf.zeros([1]) : tf.linspace(-1, 1, side);
		const along = (shape: number[]): tf.Tensor =>
			tf.broadcastTo(tf.reshape(line, shape), [batch, side, side, 1]);
		return tf.concat([x, along([1, 1, side, 1]), along([1, side, 1, 1])], 3) as tf.Tensor4D; // [B, h, w, C + 2]
	}
}

/** Each picture with a mean of 0 and a deviation of 1, so that its ground is near 0 and things stand out. */
function standardized(pictures: tf.Tensor4D): tf.Tensor4D {
	const { mean, variance } = tf.moments(pictures, [1, 2, 3], true); // [B, 1, 1, 1]
	return tf.div(tf.sub(pictures, mean), tf.maximum(tf.sqrt(variance), 0.01));
}
