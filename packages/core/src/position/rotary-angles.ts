import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkOptions, checkRank } from "../checks.ts";
import { HeedError } from "../errors.ts";

/** Options of {@link rotaryAngles}. */
export interface RotaryAnglesOptions {
	/** Sets the slowest frequency, `base^(2 / rotaryDim - 1)`. Default 10000. */
	readonly base?: number | undefined;
	/** Linear scaling of positions: 4 lets a model see 4 times the length it was trained for. Default 1. */
	readonly scaling?: number | undefined;
	/** The position of the first row, with a length only. Default 0; a cache passes its length. */
	readonly offset?: number | undefined;
}

/** Cosines and sines of rotary angles, both `[length, rotaryDim / 2]` or `[batch, length, rotaryDim / 2]`. */
export interface RotaryAngles {
	readonly cos: tf.Tensor;
	readonly sin: tf.Tensor;
}

/**
 * The angles that `applyRotary` turns queries and keys by.
 *
 *     angle(p, i) = (p / scaling) / base^(2i / rotaryDim),  i = 0 … rotaryDim/2 - 1
 *
 * Su et al. 2021, RoFormer, https://arxiv.org/abs/2104.09864; linear scaling: Chen et al. 2023, Extending Context Window of
 * Large Language Models via Positional Interpolation, https://arxiv.org/abs/2306.15595
 *
 * @param positions How many positions, or which: `[length]` or `[batch, length]`, int32 or float32. With a count the angles
 * are computed in double precision, with a tensor in float32.
 * @param rotaryDim How many features of a head are turned, even.
 * @throws HeedError if `rotaryDim` is odd, a number is out of range, or the positions are not of rank 1 or 2.
 */
export function rotaryAngles(
	positions: number | tf.Tensor1D | tf.Tensor2D,
	rotaryDim: number,
	options: RotaryAnglesOptions = {},
): RotaryAngles {
	const where = "rotaryAngles";
	checkOptions(where, options, ["base", "scaling", "offset"]);
	const { base = 10000, scaling = 1, offset = 0 } = options;
	checkNumber(where, "rotaryDim", rotaryDim, { integer: true, min: 2 });
	if (rotaryDim % 2 !== 0) {
		throw new HeedError(
			"OPTION",
			where,
			`\`rotaryDim\` is ${rotaryDim}; expected an even number: features turn in pairs.`,
		);
	}
	checkNumber(where, "base", base, { above: 0 });
	checkNumber(where, "scaling", scaling, { above: 0 });
	checkNumber(where, "offset", offset, { integer: true });
	const half = rotaryDim / 2;
	const frequencies = Array.from({ length: half }, (_, i) => base ** (-i / half) / scaling);
	if (typeof positions === "number") {
		checkNumber(where, "length", positions, { integer: true, min: 1 });
		const table = (f: (angle: number) => number): tf.Tensor2D => {
			const angles = Array.from({ length: positions }, (_, p) =>
				frequencies.map((each) => f((offset + p) * each)),
			);
			return tf.tensor2d(Float32Array.from(angles.flat()), [positions, half]);
		};
		return { cos: table(Math.cos), sin: table(Math.sin) };
	}
	if (offset !== 0) {
		throw new HeedError("OPTION", where, "`offset` goes with a length; add it to the positions instead.");
	}
	checkDtype(where, "positions", positions, "int32", "float32");
	if (positions.rank !== 2) checkRank(where, "positions", positions, ["length"]);
	return tf.tidy(() => {
		const column = tf.reshape(tf.cast(positions, "float32"), [...positions.shape, 1]); // [B, T, 1]
		const angles = tf.mul(column, tf.tensor1d(frequencies)); // [B, T, R/2]
		return { cos: tf.cos(angles), sin: tf.sin(angles) };
	});
}
