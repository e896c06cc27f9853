import { maskedLogSoftmax } from "@heed/core";
import { type Dense, makeDense, type ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { seenGroups } from "../scenes/seen-places.ts";

const classes = seenGroups.reduce((sum, size) => sum + size, 0);

/**
 * How badly a map of features tells what stands where in a scene: for each place of the map the cross entropies of the size,
 * the colour and the shape of what stands in that ninth of the picture, of which one class is nothing. Their sum, the mean over
 * the places.
 *
 * What is attended to then has something to say from early on; the decoder alone needs far longer to teach it to the map.
 */
export class SeenLoss {
	readonly #toClasses: Dense;
	/** The ninth of each place of the map. */
	readonly #ninths: number[];

	constructor(parameters: ParameterScope, { channels, side }: { channels: number; side: number }) {
		this.#toClasses = makeDense(parameters, { inputSize: channels, outputSize: classes });
		const third = (place: number): number => Math.floor((3 * (place + 0.5)) / side);
		this.#ninths = Array.from(
			{ length: side * side },
			(_, place) => 3 * third(Math.floor(place / side)) + third(place % side),
		);
	}

	/** Of a map `[batch, side, side, channels]` and what is there, `[batch, 9, classes]`, see `seenPlaces`. */
	loss(map: tf.Tensor4D, seen: tf.Tensor3D): tf.Scalar {
		const [batch, , , channels] = map.shape;
		const places = this.#ninths.length;
		const truth = tf.gather(seen, tf.tensor1d(this.#ninths, "int32"), 1); // [B, L, classes]
		const scores = this.#toClasses(tf.reshape(map, [batch, places, channels]) as tf.Tensor3D);
		let start = 0;
		const likely = seenGroups.map((size) => {
			const part = (of: tf.Tensor3D): tf.Tensor3D => tf.slice(of, [0, 0, start], [batch, places, size]);
			const term = tf.sum(tf.mul(part(truth), maskedLogSoftmax(part(scores))));
			start += size;
			return term;
		});
		return tf.div(tf.neg(tf.addN(likely)), batch * places);
	}
}
