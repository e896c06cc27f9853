import * as tf from "@tensorflow/tfjs-core";
import { lowestScore } from "../normalize/normalize-rows.ts";
import type { AttentionAttributes, AttentionInputs } from "./attention-kernel.ts";
import { dropoutFactors, dropoutKey } from "./dropout-mask.ts";
import { keyRange, lengthMask, type Range, sliceBroadcast, visibleKeys } from "./visibility.ts";

/** Bytes that one block of scores may take in the forward pass, where about eight such blocks are alive at a time. */
const forwardBlockBytes = 2 * 1024 * 1024;

/** The query blocks of a problem: as many rows as fit the budget, or as many as were asked for. */
export function queryBlocks(
	{ query, key }: AttentionInputs,
	blockRows: number,
	blockBytes: number = forwardBlockBytes,
): Range[] {
	const [batch, heads, queryLength] = query.shape;
	const bytesPerRow = 4 * batch * heads * Math.max(1, key.shape[2]);
	const rows = blockRows > 0 ? blockRows : Math.max(1, Math.floor(blockBytes / bytesPerRow));
	const count = Math.ceil(queryLength / rows);
	return Array.from({ length: count }, (_, i) => [i * rows, Math.min(queryLength, (i + 1) * rows)]);
}

/** Rows of the query axis, with query heads grouped by the key/value head that they read: `[B, Hk, G · rows, D]`. */
export function groupRows(tensor: tf.Tensor4D, rows: Range, keyHeads: number): tf.Tensor4D {
	const [batch, heads, , size] = tensor.shape;
	const count = rows[1] - rows[0];
	const block = tf.slice4d(tensor, [0, 0, rows[0], 0], [batch, heads, count, size]);
	return tf.reshape(block, [batch, keyHeads, (heads / keyHeads) * count, size]);
}

/** Columns of the last axis. */
export function sliceLast(tensor: tf.Tensor4D, range: Range): tf.Tensor4D {
	const [batch, heads, rows, size] = tensor.shape;
	if (range[0] === 0 && range[1] === size) return tensor;
	return tf.slice4d(tensor, [0, 0, 0, range[0]], [batch, heads, rows, range[1] - range[0]]);
}

/**
 * Keys and values past the end of a sequence are padding that may hold anything, NaN too, which a weight of 0 would not
 * stop: neither in the output nor in the gradient of the query.
 */
export function dropPadding(tensor: tf.Tensor4D, keyLengths: tf.Tensor1D | undefined): tf.Tensor4D {
	if (keyLengths === undefined) return tensor;
	const [batch, , keys] = tensor.shape;
	const real = tf.reshape(lengthMask(keyLengths, [0, keys]), [batch, 1, keys, 1]);
	return tf.where(real, tensor, tf.zerosLike(tensor));
}

/** The scores of one block of queries. */
export interface BlockScores {
	/** `c · tanh(scale · q·k / c)`, before bias: the derivative of the cap needs it. Only with a softcap. */
	readonly capped?: tf.Tensor4D;
	/** Capped, biased and masked scores `[B, H, rows, keys]`. */
	readonly scores: tf.Tensor4D;
}

/** scale → softcap → bias → masks, for one block. `transposedKey` is `[B, Hk, D, Tk]`. */
export function blockScores(
	inputs: AttentionInputs,
	transposedKey: tf.Tensor4D,
	attributes: AttentionAttributes,
	rows: Range,
	keys: Range,
): BlockScores {
	const { query, key, bias } = inputs;
	const { scale, softcap } = attributes;
	const [batch, heads] = query.shape;
	const block = tf.mul(groupRows(query, rows, key.shape[1]), scale); // [B, Hk, G·rows, D]
	const products = tf.matMul(block, sliceLast(transposedKey, keys)); // [B, Hk, G·rows, keys]
	let scores: tf.Tensor4D = tf.reshape(products, [batch, heads, rows[1] - rows[0], keys[1] - keys[0]]);
	const capped = softcap > 0 ? tf.mul(tf.tanh(tf.div(scores, softcap)), softcap) : undefined;
	if (capped !== undefined) scores = capped as tf.Tensor4D;
	if (bias !== undefined) scores = tf.add(scores, sliceBroadcast(bias, rows, keys));
	const visible = visibleKeys(inputs, attributes, rows, keys);
	// A filled tensor, not a scalar: the wasm backend broadcasts scalars slowly.
	if (visible !== undefined) scores = tf.where(visible, scores, tf.fill(scores.shape, lowestScore));
	return capped === undefined ? { scores } : { capped: capped as tf.Tensor4D, scores };
}

/**
 * Attention as a composition of stock ops that works in blocks of queries, so that its memory grows with
 * `length · block` and never with `length²`.
 *
 *     s = scores(block)         m = max(s, sink)         e = exp(s - m)        l = Σ e + exp(sink - m)
 *     output = (e · keep) V / l                          logSumExp = m + ln l
 *
 * A dead row, which sees no key, has m at the lowest score; its output becomes 0 and its logSumExp -Infinity.
 */
export function blockedForward(
	inputs: AttentionInputs,
	attributes: AttentionAttributes,
): [output: tf.Tensor4D, logSumExp: tf.Tensor3D] {
	const { query, key, value, keyLengths } = inputs;
	const [batch, heads, queryLength] = query.shape;
	const [, , keyLength, valueDim] = value.shape;
	return tf.tidy(() => {
		if (isEmpty(inputs)) return [tf.zeros([batch, heads, queryLength, valueDim]), emptyLogSumExp(inputs)];
		const transposedKey = tf.transpose(dropPadding(key, keyLengths), [0, 1, 3, 2]) as tf.Tensor4D; // [B, Hk, D, Tk]
		const realValue = dropPadding(value, keyLengths);
		const blocks = queryBlocks(inputs, attributes.blockRows).map((rows) => {
			const keys = keyRange(rows, keyLength, attributes);
			return forwardBlock({ ...inputs, value: realValue }, transposedKey, attributes, rows, keys);
		});
		const output = tf.concat(
			blocks.map(([block]) => block),
			2,
		); // [B, H, Tq, Dv]
		const logSumExp = tf.concat(
			blocks.map(([, block]) => block),
			2,
		); // [B, H, Tq]
		return [output, logSumExp];
	}) as [tf.Tensor4D, tf.Tensor3D];
}

/** Without keys, or without a single number to put out: stock kernels cannot be trusted with tensors of size 0. */
export function isEmpty({ query, value }: AttentionInputs): boolean {
	return query.size === 0 || value.size === 0;
}

/** Every row is dead: the sink's logit, or -Infinity. */
function emptyLogSumExp({ query, sinks }: AttentionInputs): tf.Tensor3D {
	const [batch, heads, queryLength] = query.shape;
	if (batch * heads * queryLength === 0) return tf.zeros([batch, heads, queryLength]);
	const lse = sinks === undefined ? tf.fill([1, 1, 1], -Infinity) : tf.reshape(sinks, [1, heads, 1]);
	return tf.broadcastTo(lse, [batch, heads, queryLength]) as tf.Tensor3D;
}

function forwardBlock(
	inputs: AttentionInputs,
	transposedKey: tf.Tensor4D,
	attributes: AttentionAttributes,
	rows: Range,
	keys: Range,
): [tf.Tensor4D, tf.Tensor3D] {
	const { query, key, value, sinks } = inputs;
	const [batch, heads] = query.shape;
	const [, , , valueDim] = value.shape;
	const height = rows[1] - rows[0];
	return tf.tidy(() => {
		const sink = sinks === undefined ? undefined : tf.reshape(sinks, [1, heads, 1, 1]);
		if (keys[0] === keys[1]) {
			const block = { ...inputs, query: tf.slice4d(query, [0, 0, rows[0], 0], [-1, -1, height, -1]) };
			return [tf.zeros([batch, heads, height, valueDim]), emptyLogSumExp(block)];
		}
		const { scores } = blockScores(inputs, transposedKey, attributes, rows, keys);
		const top = tf.max(scores, 3, true); // [B, H, rows, 1]
		const m = sink === undefined ? top : tf.maximum(top, sink);
		const e = tf.exp(tf.sub(scores, m)); // [B, H, rows, keys]
		const sum = tf.sum(e, 3, true);
		const l = sink === undefined ? sum : tf.add(sum, tf.exp(tf.sub(sink, m))); // [B, H, rows, 1]

		const { dropoutRate, dropoutSeed } = attributes;
		const kept =
			dropoutRate === 0
				? e
				: tf.mul(
						e,
						tf.reshape(
							dropoutFactors(dropoutKey(dropoutSeed), dropoutRate, batch * heads, rows, keys),
							e.shape,
						),
					);
		const grouped: [number, number, number, number] = [
			batch,
			key.shape[1],
			(heads / key.shape[1]) * height,
			keys[1] - keys[0],
		];
		const sums = tf.matMul(
			tf.reshape(kept, grouped),
			tf.slice4d(value, [0, 0, keys[0], 0], [-1, -1, grouped[3], -1]),
		);
		const output = tf.div(tf.reshape(sums, [batch, heads, height, valueDim]), l);
		const logSumExp = tf.add(m, tf.log(l));
		const dead = tf.lessEqual(top, lowestScore); // [B, H, rows, 1]
		return [
			tf.where(dead, tf.zerosLike(output), output),
			tf.reshape(
				sink === undefined ? tf.where(dead, tf.fill(logSumExp.shape, -Infinity), logSumExp) : logSumExp,
				[batch, heads, height],
			),
		];
	}) as [tf.Tensor4D, tf.Tensor3D];
}
