import * as tf from "@tensorflow/tfjs-core";
import {
	checkChoice,
	checkDtype,
	checkNumber,
	checkOptions,
	checkRank,
	checkShape,
	describeShape,
} from "../checks.ts";
import { HeedError } from "../errors.ts";
import type { RotaryAngles } from "./rotary-angles.ts";

/** Options of {@link applyRotary}. */
export interface ApplyRotaryOptions {
	/**
	 * Which features make a pair. `half` (default): `(i, i + rotaryDim/2)`, as in most models of Hugging Face, keras-hub and
	 * ONNX. `interleaved`: `(2i, 2i + 1)`, as in the paper and Meta's Llama. The wrong one gives fluent nonsense, not an error.
	 */
	readonly layout?: "half" | "interleaved" | undefined;
	/** How many leading features are turned; the rest stays. Default: twice the columns of the angles. */
	readonly rotaryDim?: number | undefined;
}

const axes = ["batch", "heads", "length", "headDim"];

/**
 * Rotary positions: turns pairs of features by an angle that grows with the position, so that the product of a query and a
 * key depends on their distance only.
 *
 *     B batch, H heads, T length, R rotaryDim; (a, b) a pair of features
 *     a' = a cos - b sin
 *     b' = a sin + b cos
 *
 * Su et al. 2021, RoFormer, https://arxiv.org/abs/2104.09864
 *
 * When not to use it: on values, or on keys that a cache has already stored turned.
 *
 * @param x Queries or keys `[batch, heads, length, headDim]`.
 * @param angles From `rotaryAngles`: `[length, rotaryDim / 2]`, or `[batch, length, rotaryDim / 2]`. They may be trained.
 * @returns `x` with its first `rotaryDim` features turned.
 * @throws HeedError if the angles do not fit `x`, a tensor is not float32, or more features are to be turned than there are.
 */
export function applyRotary(
	x: tf.Tensor4D,
	angles: RotaryAngles,
	options: ApplyRotaryOptions = {},
): tf.Tensor4D {
	const where = "applyRotary";
	checkOptions(where, options, ["layout", "rotaryDim"]);
	checkRank(where, "x", x, axes);
	const { cos, sin } = angles;
	for (const [name, tensor] of Object.entries({ x, cos, sin })) checkDtype(where, name, tensor, "float32");
	const { layout = "half", rotaryDim = 2 * (cos.shape.at(-1) ?? 0) } = options;
	const [batch, , length, headDim] = x.shape;
	checkChoice(where, "layout", layout, ["half", "interleaved"]);
	checkNumber(where, "rotaryDim", rotaryDim, { integer: true, min: 2, max: headDim });
	if (rotaryDim % 2 !== 0) {
		throw new HeedError(
			"OPTION",
			where,
			`\`rotaryDim\` is ${rotaryDim}; expected an even number: features turn in pairs.`,
		);
	}
	const half = rotaryDim / 2;
	const reason = `${describeShape("x", x.shape, axes)} with rotaryDim ${rotaryDim}`;
	const angleAxes = ["length", "rotaryDim / 2"];
	for (const [name, table] of [
		["cos", cos],
		["sin", sin],
	] as const) {
		if (table.rank === 3)
			checkShape(where, name, table, ["batch", ...angleAxes], [batch, length, half], reason);
		else checkShape(where, name, table, angleAxes, [length, half], reason);
	}
	return tf.tidy(() => {
		const items = cos.rank === 3 ? batch : 1;
		const c = tf.reshape(cos, [items, 1, length, half]); // [B | 1, 1, T, R/2]
		const s = tf.reshape(sin, [sin.rank === 3 ? batch : 1, 1, length, half]); // [B | 1, 1, T, R/2]
		const [a, b] = layout === "half" ? halves(x, half) : pairs(x, half); // [B, H, T, R/2] each
		const turnedA = tf.sub(tf.mul(a, c), tf.mul(b, s)); // [B, H, T, R/2]
		const turnedB = tf.add(tf.mul(a, s), tf.mul(b, c)); // [B, H, T, R/2]
		const turned = layout === "half" ? [turnedA, turnedB] : [interleave(turnedA, turnedB)];
		const rest = rotaryDim < headDim ? [tf.slice(x, [0, 0, 0, rotaryDim], [-1, -1, -1, -1])] : [];
		return tf.concat([...turned, ...rest], 3) as tf.Tensor4D; // [B, H, T, D]
	});
}

function halves(x: tf.Tensor4D, half: number): [tf.Tensor, tf.Tensor] {
	const part = (from: number): tf.Tensor => tf.slice(x, [0, 0, 0, from], [-1, -1, -1, half]);
	return [part(0), part(half)];
}

/** Even and odd features. Rows of two rather than a fifth axis: slices of rank 5 have a wrong gradient on webgpu. */
function pairs(x: tf.Tensor4D, half: number): [tf.Tensor, tf.Tensor] {
	const [batch, heads, length] = x.shape;
	const rows = tf.reshape(tf.slice(x, [0, 0, 0, 0], [-1, -1, -1, 2 * half]), [-1, 2]); // [B·H·T·R/2, 2]
	const part = (column: number): tf.Tensor =>
		tf.reshape(tf.slice(rows, [0, column], [-1, 1]), [batch, heads, length, half]);
	return [part(0), part(1)];
}

function interleave(even: tf.Tensor, odd: tf.Tensor): tf.Tensor {
	const [batch = 0, heads = 0, length = 0, half = 0] = even.shape;
	const rows = tf.concat([tf.reshape(even, [-1, 1]), tf.reshape(odd, [-1, 1])], 1); // [B·H·T·R/2, 2]
	return tf.reshape(rows, [batch, heads, length, 2 * half]);
}
