import * as tf from "@tensorflow/tfjs-core";
import { checkChoice, checkNumber, checkOptions } from "../checks.ts";
import { HeedError } from "../errors.ts";

/** Options of {@link sinusoidalPositions}. */
export interface SinusoidalPositionsOptions {
	/**
	 * `interleaved` (default): sine and cosine take turns, as in the paper. `half`: all sines, then all cosines, of the same
	 * frequencies. `tensor2tensor`: halves too, of frequencies that fall a little faster, down to `1 / base`: for weights
	 * trained by tensor2tensor, OpenNMT-tf, fairseq and CTranslate2.
	 */
	readonly layout?: "interleaved" | "half" | "tensor2tensor" | undefined;
	/** The longest wave is `2π · base` positions, nearly. Default 10000. */
	readonly base?: number | undefined;
	/** The position of the first row. Default 0. */
	readonly offset?: number | undefined;
}

/**
 * Positions as waves of falling frequency, to be added to embeddings.
 *
 *     angle(p, i) = (offset + p) / base^(2i / dim),  i = 0 … dim/2 - 1
 *     interleaved: sin(angle(p, 0)), cos(angle(p, 0)), sin(angle(p, 1)), …
 *     half:        sin(angle(p, 0)), sin(angle(p, 1)), … cos(angle(p, 0)), …
 *     tensor2tensor: as half, with angle(p, i) = (offset + p) / base^(i / (dim/2 - 1))
 *
 * Vaswani et al. 2017, Attention Is All You Need, https://arxiv.org/abs/1706.03762
 *
 * @returns Float `[length, dim]`, computed in double precision and rounded once.
 * @throws HeedError if `dim` is odd, or a number is out of range.
 */
export function sinusoidalPositions(
	length: number,
	dim: number,
	options: SinusoidalPositionsOptions = {},
): tf.Tensor2D {
	const where = "sinusoidalPositions";
	checkOptions(where, options, ["layout", "base", "offset"]);
	const { layout = "interleaved", base = 10000, offset = 0 } = options;
	checkNumber(where, "length", length, { integer: true, min: 1 });
	checkNumber(where, "dim", dim, { integer: true, min: 2 });
	if (dim % 2 !== 0) {
		throw new HeedError(
			"OPTION",
			where,
			`\`dim\` is ${dim}; expected an even number: a sine and a cosine each.`,
		);
	}
	checkChoice(where, "layout", layout, ["interleaved", "half", "tensor2tensor"]);
	checkNumber(where, "base", base, { above: 0 });
	checkNumber(where, "offset", offset);
	const half = dim / 2;
	const fall = layout === "tensor2tensor" ? Math.max(half - 1, 1) : half;
	const values = new Float32Array(length * dim);
	for (let p = 0; p < length; p++) {
		for (let i = 0; i < half; i++) {
			const angle = (offset + p) / base ** (i / fall);
			const [sine, cosine] = layout === "interleaved" ? [2 * i, 2 * i + 1] : [i, half + i];
			values[p * dim + sine] = Math.sin(angle);
			values[p * dim + cosine] = Math.cos(angle);
		}
	}
	return tf.tensor2d(values, [length, dim]);
}
