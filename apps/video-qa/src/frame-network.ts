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
		const before = tf.pad(tf.slice(video, [0, 0, 0, 0], [videos, frames - 1, height, width]), [
			[0, 0],
			[1, 0],
			[0, 0],
			[0, 0],
		]);
		const pairs = tf.reshape(tf.stack([video, before], 4), [
			videos * frames,
			height,
			width,
			2,
		]) as tf.Tensor4D;
		const maps = this.#convolutions.reduce(
			(x, { kernel, bias, stride }) =>
				tf.relu(tf.add(tf.conv2d(x, kernel, stride, "same"), bias)) as tf.Tensor4D,
			pairs,
		);
		const [, rows, columns, channels] = maps.shape;
		return tf.reshape(maps, [videos, frames, rows, columns, channels]) as tf.Tensor5D;
	}

	/**
	 * How badly it is seen what is in the frames: the mean cross entropy of each class being there or not. A class is there as
	 * far as it is at some place: the log of the mean of the exponentials of its scores at all places.
	 *
	 * @param seen 1 where a class is there, `[videos, frames, classes]`.
	 */
	seenLoss(maps: tf.Tensor5D, seen: tf.Tensor3D): tf.Scalar {
		if (this.#toSeen === undefined) throw new Error("This network does not tell what is seen.");
		const [videos, frames, rows, columns, channels] = maps.shape;
		const places = tf.reshape(maps, [videos * frames, rows * columns, channels]) as tf.Tensor3D;
		const scores = tf.sub(tf.logSumExp(this.#toSeen(places), 1), Math.log(rows * columns)); // [V T, classes]
		const there = tf.reshape(seen, scores.shape);
		const entropy = tf.sub(
			tf.add(tf.relu(scores), tf.log1p(tf.exp(tf.neg(tf.abs(scores))))),
			tf.mul(scores, there),
		);
		return tf.mean(entropy);
	}
}
