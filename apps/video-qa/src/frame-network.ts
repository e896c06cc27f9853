import { makeDense, type ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";

/** Sizes of a {@link FrameNetwork}. */
export interface FrameNetworkSizes {
	/** Channels of the features. */
	readonly features: number;
	/** Classes that may be seen in a frame; 0: nobody says what is seen. */
	readonly seenClasses: number;
}

interface Convolution {
	readonly kernel: tf.Variable<tf.Rank.R4>;
	readonly bias: tf.Variable<tf.Rank.R1>;
	readonly stride: number;
}

/**
 * Convolutions over every frame, which see the frame before it as a second channel: what moves or has just come shows. Two of
 * three halve the sides: 28 × 28 pixels become 7 × 7 places.
 */
export class FrameNetwork {
	readonly #convolutions: readonly Convolution[];
	readonly #toSeen: ReturnType<typeof makeDense> | undefined;

	constructor(parameters: ParameterScope, { features, seenClasses }: FrameNetworkSizes) {
		const channels = [2, Math.ceil(features / 3), Math.ceil((2 * features) / 3), features];
		this.#convolutions = channels.slice(1).map((outputs, i) => ({
			kernel: parameters.add<tf.Rank.R4>(`${i}/kernel`, [3, 3, channels[i] ?? 0, outputs], "heNormal"),
			bias: parameters.add<tf.Rank.R1>(`${i}/bias`, [outputs], "zeros"),
			stride: i < 2 ? 2 : 1,
		}));
		const scope = parameters.scope("seen");
		if (seenClasses > 0) this.#toSeen = makeDense(scope, { inputSize: features, outputSize: seenClasses });
	}

	/** `[videos, frames, height, width]` of 0 to 1 to `[videos, frames, height / 4, width / 4, features]`. */
	look(video: tf.Tensor4D): tf.Tensor5D {
		const [videos, frames, height, width] = video.shape;
		const earlier = tf.slice(video, [0, 0, 0, 0], [videos, frames - 1, height, width]);
		const none = tf.zeros([videos, 1, height, width]);
		const pairs = tf.stack([video, tf.concat([none, earlier], 1)], 4); // [V, T, H, W, 2]
		const maps = this.lookAt(tf.reshape(pairs, [videos * frames, height, width, 2]));
		const [, rows, columns, channels] = maps.shape;
		return tf.reshape(maps, [videos, frames, rows, columns, channels]) as tf.Tensor5D;
	}

	/** Single frames, each with the one before it, `[frames, height, width, 2]`, to `[frames, height / 4, width / 4, features]`. */
	lookAt(pairs: tf.Tensor4D): tf.Tensor4D {
		return this.#convolutions.reduce(
			(x, { kernel, bias, stride }) =>
				tf.relu(tf.add(tf.conv2d(x, kernel, stride, "same"), bias)) as tf.Tensor4D,
			pairs,
		);
	}

	/**
	 * Scores of each class being seen in some frames, `[frames, classes]`: the log odds. A class is there as far as it is at some
	 * place: the log of the mean of the exponentials of its scores at all places.
	 */
	see(maps: tf.Tensor4D): tf.Tensor2D {
		if (this.#toSeen === undefined) throw new Error("This network does not tell what is seen.");
		const [frames, rows, columns, channels] = maps.shape;
		const places = tf.reshape(maps, [frames, rows * columns, channels]) as tf.Tensor3D;
		return tf.sub(tf.logSumExp(this.#toSeen(places), 1), Math.log(rows * columns));
	}
}

/** The mean cross entropy of each class being seen or not; scores and what is so, 0 or 1, `[frames, classes]`. */
export function seenLoss(scores: tf.Tensor2D, seen: tf.Tensor2D): tf.Scalar {
	const unsure = tf.log1p(tf.exp(tf.neg(tf.abs(scores))));
	return tf.mean(tf.sub(tf.add(tf.relu(scores), unsure), tf.mul(scores, seen)));
}
