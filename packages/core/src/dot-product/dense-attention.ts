import * as tf from "@tensorflow/tfjs-core";
import { maskedSoftmax } from "../normalize/masked-softmax.ts";
import { lowestScore } from "../normalize/normalize-rows.ts";
import type { AttentionAttributes, AttentionInputs } from "./attention-kernel.ts";
import { dropPadding } from "./blocked-forward.ts";
import { dropoutFactors, dropoutKey } from "./dropout-mask.ts";
import { visibleKeys } from "./visibility.ts";

/**
 * Turns scores into weights along the last axis. `mask` is true where a key is visible, of the shape of `scores`;
 * hidden keys and rows without a visible key must get 0, and must pass no gradient on. `sparsemax`, `entmax15`, `hardmax`
 * and `sigmoidNormalizer` are such functions. If it throws during a gradient, the host keeps what was on its tape.
 */
export type Normalizer = (scores: tf.Tensor, options: { readonly mask?: tf.Tensor | undefined }) => tf.Tensor;

/** All that attention computes. */
export interface DenseAttention {
	/** `[B, H, Tq, Dv]` */
	readonly output: tf.Tensor4D;
	/** `[B, H, Tq, Tk]`, before dropout. */
	readonly weights: tf.Tensor4D;
	/** `[B, H, Tq]` */
	readonly logSumExp: tf.Tensor3D;
}

/**
 * Attention on the whole matrix of scores, of differentiable stock ops: what returned weights and other normalisers
 * need. Memory grows with `Tq · Tk`.
 */
export function denseAttention(
	inputs: AttentionInputs,
	attributes: AttentionAttributes,
	normalizer: Normalizer | undefined,
): DenseAttention {
	const { query, key, value, bias, keyLengths, sinks } = inputs;
	const { scale, softcap, dropoutRate, dropoutSeed } = attributes;
	const [batch, heads, queryLength, headDim] = query.shape;
	const [, keyHeads, keyLength, valueDim] = value.shape;
	const rowsPerKeyHead = (heads / keyHeads) * queryLength;
	const perHead: [number, number, number, number] = [batch, heads, queryLength, keyLength];

	const grouped = tf.reshape(query, [batch, keyHeads, rowsPerKeyHead, headDim]); // [B, Hk, G·Tq, D]
	const products = tf.matMul(tf.mul(grouped, scale), dropPadding(key, keyLengths), false, true);
	let scores = tf.reshape(products, perHead);
	if (softcap > 0) scores = tf.mul(tf.tanh(tf.div(scores, softcap)), softcap);
	if (bias !== undefined) scores = tf.add(scores, bias);
	const visible = visibleEverywhere(inputs, attributes, perHead);

	const logSumExp = denseLogSumExp(scores, visible, sinks); // [B, H, Tq, 1]
	const weights = (normalizer ?? softmaxWithSinks(sinks))(scores, { mask: visible }); // [B, H, Tq, Tk]
	const factors =
		dropoutRate === 0
			? undefined
			: dropoutFactors(dropoutKey(dropoutSeed), dropoutRate, batch * heads, [0, queryLength], [0, keyLength]);
	const kept = factors === undefined ? weights : tf.mul(weights, tf.reshape(factors, perHead));
	const sums = tf.matMul(
		tf.reshape(kept, [batch, keyHeads, rowsPerKeyHead, keyLength]),
		dropPadding(value, keyLengths),
	);
	return {
		output: tf.reshape(sums, [batch, heads, queryLength, valueDim]),
		weights: weights as tf.Tensor4D,
		logSumExp: tf.reshape(logSumExp, [batch, heads, queryLength]),
	};
}

/**
 * Which scores are visible, of their full shape. What is visible depends on the bias (-Infinity hides) through steps that
 * the host has no gradient for, so the whole computation is one op whose gradient is zero.
 */
function visibleEverywhere(
	inputs: AttentionInputs,
	attributes: AttentionAttributes,
	shape: [number, number, number, number],
): tf.Tensor | undefined {
	const visible = (bias?: tf.Tensor4D): tf.Tensor | undefined => {
		const tensors = bias === undefined ? inputs : { ...inputs, bias };
		const part = visibleKeys(tensors, attributes, [0, shape[2]], [0, shape[3]]);
		return part === undefined ? undefined : tf.broadcastTo(part, shape);
	};
	if (inputs.bias === undefined) return visible();
	const constant = tf.customGrad((bias) => ({
		value: visible(bias as tf.Tensor4D) as tf.Tensor,
		gradFunc: () => tf.zeros((bias as tf.Tensor).shape),
	}));
	return constant(inputs.bias);
}

/** Softmax in which a sink takes part without having a value: it is one more column, cut off afterwards. */
function softmaxWithSinks(sinks: tf.Tensor1D | undefined): Normalizer {
	if (sinks === undefined) return (scores, { mask }) => maskedSoftmax(scores, mask);
	return (scores, { mask }) => {
		const hidden = mask === undefined ? scores : tf.where(mask, scores, tf.fill(scores.shape, lowestScore));
		const weights = tf.softmax(tf.concat([hidden, sinkColumn(sinks, scores.shape)], 3));
		const live = tf.slice(weights, [0, 0, 0, 0], scores.shape);
		return mask === undefined ? live : tf.where(mask, live, tf.zerosLike(live));
	};
}

/** `[B, H, Tq, 1]` */
function sinkColumn(sinks: tf.Tensor1D, [batch, heads, queryLength]: number[]): tf.Tensor {
	return tf.broadcastTo(tf.reshape(sinks, [1, sinks.shape[0], 1, 1]), [
		batch ?? 1,
		heads ?? 1,
		queryLength ?? 1,
		1,
	]);
}

function denseLogSumExp(
	scores: tf.Tensor,
	visible: tf.Tensor | undefined,
	sinks: tf.Tensor1D | undefined,
): tf.Tensor {
	const hidden =
		visible === undefined ? scores : tf.where(visible, scores, tf.fill(scores.shape, lowestScore));
	if (sinks !== undefined)
		return tf.logSumExp(tf.concat([hidden, sinkColumn(sinks, scores.shape)], 3), 3, true);
	const sum = tf.logSumExp(hidden, 3, true);
	if (visible === undefined) return sum;
	const alive = tf.any(visible, 3, true);
	return tf.where(alive, sum, tf.fill(sum.shape, Number.NEGATIVE_INFINITY));
}
