import * as tf from "@tensorflow/tfjs-core";

/** A seeded stream of numbers for tests. */
export interface RandomSource {
	/** Uniform in [0, 1). */
	uniform(): number;
	/** Standard normal. */
	normal(): number;
	/** Whole number in [min, max]. */
	integer(min: number, max: number): number;
}

/** A small seeded generator (mulberry32); every seed, 0 too, gives its own stream. */
export function randomSource(seed: number): RandomSource {
	let state = (seed ^ 0x9e3779b9) >>> 0;
	const uniform = (): number => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
	return {
		uniform,
		normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
		integer: (min, max) => min + Math.floor(uniform() * (max - min + 1)),
	};
}

/** A float32 tensor of seeded standard normal numbers, times `scale`. */
export function randomTensor<R extends tf.Rank = tf.Rank>(
	shape: tf.ShapeMap[R],
	seed: number,
	scale = 1,
): tf.Tensor<R> {
	const random = randomSource(seed);
	const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal() * scale);
	return tf.tensor(values, shape) as tf.Tensor<R>;
}
