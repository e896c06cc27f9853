import * as tf from "@tensorflow/tfjs-core";
import { checkChoice, checkDtype, checkNumber, checkOptions, checkShape, describeShape } from "../checks.ts";
import { HeedError } from "../errors.ts";
import { randomStream } from "./random-stream.ts";
import { stopGradient } from "./stop-gradient.ts";

/** How {@link monotonicAttention} is computed. */
export type MonotonicMode = "parallel" | "recursive" | "hard";

/** Options of {@link monotonicAttention}. */
export interface MonotonicAttentionOptions {
	/** Default `parallel`. See {@link monotonicAttention}. */
	readonly mode?: MonotonicMode;
	/** True = may be stopped at. bool `[batch, keyLength]`. */
	readonly mask?: tf.Tensor2D;
	/** Standard deviation of Gaussian noise on the energies, which makes the choice harder while training. Default 0. */
	readonly noise?: number;
	/** Seed of the noise, a whole number from 0; needed with `noise`. Give every step its own. */
	readonly seed?: number;
}

const where = "monotonicAttention";
const axes = ["batch", "keyLength"] as const;
const tiny = 1.17549435e-38;

/** What the first step attends to: the first key. `[batch, keyLength]` */
export function firstAlignment(batch: number, keyLength: number): tf.Tensor2D {
	checkNumber("firstAlignment", "batch", batch, { integer: true, min: 1 });
	checkNumber("firstAlignment", "keyLength", keyLength, { integer: true, min: 1 });
	const values = Float32Array.from({ length: batch * keyLength }, (_, i) => (i % keyLength === 0 ? 1 : 0));
	return tf.tensor2d(values, [batch, keyLength]);
}

/** The products of all earlier values in each row. The host's `cumprod` has no gradient. */
function exclusiveProduct(values: tf.Tensor2D): tf.Tensor2D {
	return tf.exp(tf.cumsum(tf.log(tf.clipByValue(values, tiny, 1)), 1, true));
}

function parallel(stop: tf.Tensor2D, previous: tf.Tensor2D): tf.Tensor2D {
	const pass = exclusiveProduct(tf.sub(1, stop)); // [B, S]
	const arrived = tf.cumsum(tf.div(previous, tf.clipByValue(pass, 1e-10, 1)), 1); // [B, S]
	return tf.mul(tf.mul(stop, pass), arrived);
}

function recursive(stop: tf.Tensor2D, previous: tf.Tensor2D): tf.Tensor2D {
	const [batch, length] = stop.shape;
	const column = (x: tf.Tensor2D, i: number): tf.Tensor2D => tf.slice(x, [0, i], [batch, 1]);
	const columns: tf.Tensor2D[] = [];
	let arrived = column(previous, 0); // q_i
	for (let i = 0; i < length; i++) {
		if (i > 0) {
			const passed: tf.Tensor2D = tf.mul(tf.sub(1, column(stop, i - 1)), arrived);
			arrived = tf.add(passed, column(previous, i));
		}
		columns.push(tf.mul(column(stop, i), arrived));
	}
	return tf.concat(columns, 1);
}

function hard(stop: tf.Tensor2D, previous: tf.Tensor2D): tf.Tensor2D {
	const candidates = tf.mul(tf.cast(tf.greater(stop, 0.5), "float32"), tf.cumsum(previous, 1)); // [B, S]
	const first = tf.equal(tf.cumsum(candidates, 1, true), 0);
	return tf.mul(candidates, tf.cast(first, "float32"));
}

/**
 * Attention that only moves forward: each step starts where the last one stopped, and stops at key i with the
 * probability `p_i`.
 *
 * ```text
 * p_i = sigmoid(energy_i + noise)
 * q_i = (1 - p_(i-1)) · q_(i-1) + previous_i          the probability of arriving at i
 * alignment_i = p_i · q_i
 * ```
 *
 * - `parallel`: the same in closed form, `p · pass · cumsum(previous / clip(pass, 1e-10, 1))` with `pass` the exclusive
 *   cumulative product of 1 - p: few ops, for training. It loses what arrives behind a stretch with a total pass
 *   probability under 1e-10.
 * - `recursive`: the recurrence itself, key by key: exact, slow on a GPU.
 * - `hard`: stops at the first key at or after the last one with an energy above 0; for inference, and without a
 *   gradient. Nothing is attended to if there is none.
 *
 * A row need not sum to 1: the rest has run past the end. Begin with {@link firstAlignment}. Add a learned offset to the
 * energies, negative for long inputs.
 *
 * Raffel et al., Online and Linear-Time Attention by Enforcing Monotonic Alignments, https://arxiv.org/abs/1704.00784
 *
 * @param energies Scores of the keys, before the sigmoid `[batch, keyLength]`, float32. Differentiable.
 * @param previousAlignment What the step before returned `[batch, keyLength]`, float32. Differentiable.
 * @returns `[batch, keyLength]`.
 * @throws HeedError if a shape, an element type or an option does not fit.
 */
export function monotonicAttention(
	energies: tf.Tensor2D,
	previousAlignment: tf.Tensor2D,
	options: MonotonicAttentionOptions = {},
): tf.Tensor2D {
	checkOptions(where, options, ["mode", "mask", "noise", "seed"]);
	const { mode = "parallel", mask, noise = 0, seed } = options;
	checkChoice(where, "mode", mode, ["parallel", "recursive", "hard"]);
	checkNumber(where, "noise", noise, { min: 0 });
	if (noise > 0) checkNumber(where, "seed", seed, { integer: true, min: 0 });
	checkShape(where, "energies", energies, axes, [null, null], "");
	checkDtype(where, "energies", energies, "float32");
	const reason = describeShape("energies", energies.shape, axes);
	checkShape(where, "previousAlignment", previousAlignment, axes, energies.shape, reason);
	checkDtype(where, "previousAlignment", previousAlignment, "float32");
	if (mask !== undefined) {
		checkShape(where, "mask", mask, axes, energies.shape, reason);
		checkDtype(where, "mask", mask, "bool");
	}
	if (energies.size === 0)
		throw new HeedError("SHAPE", where, `${reason} is empty; expected at least one key.`);
	return tf.tidy(() => {
		const [given, previous] =
			mode === "hard" ? [energies, previousAlignment].map(stopGradient) : [energies, previousAlignment];
		const stream = randomStream(seed ?? 0);
		const disturbance = Float32Array.from(
			{ length: noise > 0 ? energies.size : 0 },
			() => noise * stream.normal(),
		);
		const disturbed: tf.Tensor2D =
			noise > 0
				? tf.add(given as tf.Tensor2D, tf.tensor2d(disturbance, energies.shape))
				: (given as tf.Tensor2D);
		// Twice: what stands at a masked place must influence neither the value nor the gradient.
		const safe = mask === undefined ? disturbed : tf.where(mask, disturbed, tf.zerosLike(disturbed));
		const chance = tf.sigmoid(safe);
		const stop = mask === undefined ? chance : tf.mul<tf.Tensor2D>(chance, tf.cast(mask, "float32"));
		return { parallel, recursive, hard }[mode](stop, previous as tf.Tensor2D);
	});
}
