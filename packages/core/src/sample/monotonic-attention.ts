import * as tf from "@tensorflow/tfjs-core";
import { checkChoice, checkDtype, checkNumber, checkOptions, checkShape, describeShape } from "../checks.ts";
import { zerosFor } from "../zeros-for.ts";
import { randomStream } from "./random-stream.ts";
import { stopGradient } from "./stop-gradient.ts";

/** How {@link monotonicAttention} is computed. */
export type MonotonicMode = "parallel" | "recursive" | "hard";

/** Options of {@link monotonicAttention}. */
export interface MonotonicAttentionOptions {
	/** Default `parallel`. See {@link monotonicAttention}. */
	readonly mode?: MonotonicMode | undefined;
	/** True = may be stopped at. bool `[batch, keyLength]`. */
	readonly mask?: tf.Tensor2D | undefined;
	/** Standard deviation of Gaussian noise on the energies, which makes the choice harder while training. Default 0. */
	readonly noise?: number | undefined;
	/** Seed of the noise, a whole number from 0; needed with `noise`. Give every step its own. */
	readonly seed?: number | undefined;
}

const where = "monotonicAttention";
const axes = ["batch", "keyLength"] as const;
/** Keys that `parallel` does at once: what it costs per key grows with it, the number of ops shrinks. */
const chunkLength = 32;

/** What the first step attends to: the first key. `[batch, keyLength]` */
export function firstAlignment(batch: number, keyLength: number): tf.Tensor2D {
	checkNumber("firstAlignment", "batch", batch, { integer: true, min: 1 });
	checkNumber("firstAlignment", "keyLength", keyLength, { integer: true, min: 1 });
	const values = Float32Array.from({ length: batch * keyLength }, (_, i) => (i % keyLength === 0 ? 1 : 0));
	return tf.tensor2d(values, [batch, keyLength]);
}

/** Chances of stopping at a key, and logarithms of the chances of passing it. */
interface Chances {
	readonly stop: tf.Tensor2D; // [B, S]
	readonly logPass: tf.Tensor2D; // [B, S]
}

function parallel({ stop, logPass }: Chances, previous: tf.Tensor2D): tf.Tensor2D {
	const [batch, length] = stop.shape;
	const chunks: tf.Tensor2D[] = [];
	let passed: tf.Tensor2D | undefined; // [B, 1]: what comes from the chunk before
	for (let start = 0; start < length; start += chunkLength) {
		const size = Math.min(chunkLength, length - start);
		const [p, logs, own] = [stop, logPass, previous].map((x) => tf.slice(x, [0, start], [batch, size])) as [
			tf.Tensor2D,
			tf.Tensor2D,
			tf.Tensor2D,
		];
		const entering =
			passed === undefined
				? own
				: tf.add<tf.Tensor2D>(own, size === 1 ? passed : tf.concat([passed, tf.zeros([batch, size - 1])], 1));
		const arrived = tf.matMul(tf.reshape(entering, [batch, 1, size]), passages(logs)); // [B, 1, C]
		const q: tf.Tensor2D = tf.reshape(arrived, [batch, size]);
		chunks.push(tf.mul(p, q));
		passed = tf.slice(tf.mul<tf.Tensor2D>(tf.exp(logs), q), [0, size - 1], [batch, 1]);
	}
	return tf.concat(chunks, 1);
}

/**
 * The chance of getting from key k to key i: the product of the chances of passing k … i - 1; 0 if i is before k. The
 * logarithms are summed from every k on, so that nothing is divided, nothing cancels and nothing overflows.
 *
 * @returns `[B, k, i]`
 */
function passages(logPass: tf.Tensor2D): tf.Tensor3D {
	const [batch, size] = logPass.shape;
	const triangle = Array.from({ length: size * size }, (_, at) => at % size >= Math.floor(at / size));
	const upper = tf.broadcastTo(tf.tensor3d(triangle, [1, size, size], "bool"), [batch, size, size]);
	const rows = tf.broadcastTo(tf.reshape(logPass, [batch, 1, size]), [batch, size, size]); // [B, k, i]
	const none = tf.zerosLike(rows);
	const sums = tf.cumsum(tf.where(upper, rows, none), 2, true);
	return tf.where(upper, tf.exp(sums), none) as tf.Tensor3D;
}

function recursive({ stop }: Chances, previous: tf.Tensor2D): tf.Tensor2D {
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

function hard({ stop }: Chances, previous: tf.Tensor2D): tf.Tensor2D {
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
 * - `parallel`: in chunks of 32 keys, each one product with the chances of getting from key to key: few ops, for
 *   training. As exact as the recurrence, however long the input and however far the alignment has moved. (The paper's
 *   closed form divides by the chance of passing all earlier keys, which in float32 loses an untrained model's weights
 *   from about the 33rd key on.)
 * - `recursive`: the recurrence itself, key by key: the same numbers, slow on a GPU.
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
	if (energies.size === 0) return zerosFor<tf.Rank.R2>(energies.shape, energies, previousAlignment);
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
		const [chance, logarithm] = [tf.sigmoid(safe), tf.neg(tf.softplus(safe))]; // log (1 - p)
		const [stop, logPass] = [chance, logarithm].map((x) =>
			mask === undefined ? x : tf.where(mask, x, tf.zerosLike(x)),
		) as [tf.Tensor2D, tf.Tensor2D];
		return { parallel, recursive, hard }[mode]({ stop, logPass }, previous as tf.Tensor2D);
	});
}
