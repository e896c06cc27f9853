import { convolution2d } from "@heed/core";
import type { ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";

/** What a {@link PictureEncoder} is made of. */
export interface PictureEncoderOptions {
	/** Height and width of a picture. */
	readonly size: number;
	/** Channels of the map; the first convolution has half of them. */
	readonly channels: number;
	/** How many convolutions halve the picture; two more keep its size. */
	readonly halvings: number;
}

/**
 * Turns a picture into a map of features, as the part of a network for classes that stands before its last pooling:
 *
 *     x = [picture; column; row]
 *     halvings times:  x = relu(3×3 convolution of every second pixel)
 *     twice:           x = relu(3×3 convolution)
 *
 * Two channels tell each pixel where it is, from −1 to 1, since a caption may say so (Liu et al. 2018, "An Intriguing Failing of
 * Convolutional Neural Networks and the CoordConv Solution", https://arxiv.org/abs/1807.03247).
 */
export class PictureEncoder {
	/** Height and width of the map. */
	readonly side: number;
	readonly channels: number;
	readonly #size: number;
	readonly #layers: { readonly kernel: tf.Variable; readonly bias: tf.Variable; readonly stride: number }[];

	constructor(parameters: ParameterScope, { size, channels, halvings }: PictureEncoderOptions) {
		this.#size = size;
		this.channels = channels;
		this.side = Array.from({ length: halvings }).reduce<number>((side) => Math.ceil(side / 2), size);
		this.#layers = Array.from({ length: halvings + 2 }, (_, layer) => {
			const [inputs, outputs] = [layer === 0 ? 5 : width(layer - 1), width(layer)];
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
		const size = this.#size;
		const [batch] = pictures.shape;
		const line = tf.linspace(-1, 1, size);
		const where = (shape: number[]): tf.Tensor =>
			tf.broadcastTo(tf.reshape(line, shape), [batch, size, size, 1]);
		const seen = tf.concat(
			[tf.sub(tf.mul(pictures, 2), 1), where([1, 1, size, 1]), where([1, size, 1, 1])],
			3,
		); // [B, H, W, 5]
		return this.#layers.reduce((x, { kernel, bias, stride }) => {
			const options = { strides: stride, padding: "same" } as const;
			return tf.relu(tf.add(convolution2d(x, kernel as tf.Tensor4D, options), bias));
		}, seen as tf.Tensor4D);
	}
}
