import * as tf from "@tensorflow/tfjs-core";
import { lowestScore } from "../normalize/normalize-rows.ts";
import type { AttentionAttributes, AttentionGradInputs, AttentionGrads } from "./attention-kernel.ts";
import { blockScores, dropPadding, groupRows, isEmpty, queryBlocks, sliceLast } from "./blocked-forward.ts";
import { dropoutFactors, dropoutKey } from "./dropout-mask.ts";
import { keyRange, type Range } from "./visibility.ts";

/** Bytes that one block of scores may take: half of the forward pass, because about twice as many are alive. */
const backwardBlockBytes = 1024 * 1024;

/** What does not change from block to block. */
type Shared = AttentionGradInputs & {
	/** `[B, Hk, D, Tk]` */
	readonly transposedKey: tf.Tensor4D;
	/** `[B, Hk, Dv, Tk]` */
	readonly transposedValue: tf.Tensor4D;
	/** `Σ dO · O - dLSE`, `[B, H, Tq, 1]` */
	readonly delta: tf.Tensor4D;
	/** logSumExp with 0 for dead rows, whose weights vanish anyway, `[B, H, Tq, 1]` */
	readonly finiteLogSumExp: tf.Tensor4D;
};

/** What one block of queries adds; key and value gradients are transposed and cover the block's keys only. */
type BlockGrads = {
	readonly query: tf.Tensor4D;
	readonly key: tf.Tensor4D;
	readonly value: tf.Tensor4D;
	readonly bias?: tf.Tensor4D;
	readonly sinks?: tf.Tensor;
};

/**
 * The gradients of {@link blockedForward}, from its inputs, output and logSumExp alone: the weights are computed again,
 * block by block, so the memory is again linear in the length.
 *
 *     P  = exp(s - logSumExp)                      dP = (dO Vᵀ) · keep          delta = Σ dO · O - dLSE
 *     dS = P (dP - delta)   (= dBias)              dX = dS (1 - (y / c)²)       (y: the capped scores)
 *     dQ = scale · dX K      dK = scale · dXᵀ Q    dV = (P · keep)ᵀ dO          dSink = -Σ exp(sink - logSumExp) delta
 */
export function blockedBackward(
	inputs: AttentionGradInputs,
	attributes: AttentionAttributes,
): AttentionGrads {
	return tf.tidy(() => {
		if (isEmpty(inputs)) return emptyGrads(inputs);
		const shared = tf.tidy(() => share(inputs));
		const keyLength = inputs.key.shape[2];
		const queryGrads: tf.Tensor[] = [];
		let keyGrad: tf.Tensor = tf.zerosLike(shared.transposedKey);
		let valueGrad: tf.Tensor = tf.zerosLike(shared.transposedValue);
		let biasGrad: tf.Tensor | undefined;
		const biasRows: tf.Tensor[] = [];
		let sinksGrad: tf.Tensor | undefined = inputs.sinks && tf.zerosLike(inputs.sinks);
		for (const rows of queryBlocks(inputs, attributes.blockRows, backwardBlockBytes)) {
			const keys = keyRange(rows, keyLength, attributes);
			const block = backwardBlock(shared, attributes, rows, keys);
			queryGrads.push(block.query);
			keyGrad = accumulate(keyGrad, padLast(block.key, keys, keyLength));
			valueGrad = accumulate(valueGrad, padLast(block.value, keys, keyLength));
			if (sinksGrad !== undefined && block.sinks !== undefined)
				sinksGrad = accumulate(sinksGrad, block.sinks);
			if (block.bias === undefined) continue;
			if (inputs.bias?.shape[2] === 1 && biasGrad !== undefined) biasGrad = accumulate(biasGrad, block.bias);
			else if (inputs.bias?.shape[2] === 1) biasGrad = block.bias;
			else biasRows.push(block.bias);
		}
		if (biasRows.length > 0) biasGrad = tf.concat(biasRows, 2);
		return {
			query: queryGrads.length > 0 ? tf.concat(queryGrads, 2) : tf.zerosLike(inputs.query),
			key: tf.transpose(keyGrad, [0, 1, 3, 2]),
			value: tf.transpose(valueGrad, [0, 1, 3, 2]),
			...(inputs.bias === undefined ? {} : { bias: biasGrad ?? tf.zerosLike(inputs.bias) }),
			...(sinksGrad === undefined ? {} : { sinks: sinksGrad }),
		};
	});
}

/** Without keys, or without a single number put out, nothing depends on anything but a sink's logSumExp on itself. */
function emptyGrads({ query, key, value, bias, sinks, logSumExpGrad }: AttentionGradInputs): AttentionGrads {
	const sinkSum = (): tf.Tensor =>
		logSumExpGrad.size === 0 || sinks === undefined
			? tf.zeros(sinks?.shape ?? [])
			: tf.sum(logSumExpGrad, [0, 2]);
	return {
		query: tf.zeros(query.shape),
		key: tf.zeros(key.shape),
		value: tf.zeros(value.shape),
		...(bias === undefined ? {} : { bias: tf.zeros(bias.shape) }),
		...(sinks === undefined ? {} : { sinks: sinkSum() }),
	};
}

function share(inputs: AttentionGradInputs): Shared {
	const { key, value, keyLengths, output, outputGrad, logSumExp, logSumExpGrad } = inputs;
	const [batch, heads, queryLength] = logSumExp.shape;
	const column: [number, number, number, number] = [batch, heads, queryLength, 1];
	const dead = tf.lessEqual(logSumExp, lowestScore);
	const realKey = dropPadding(key, keyLengths);
	return {
		...inputs,
		key: realKey,
		transposedKey: tf.transpose(realKey, [0, 1, 3, 2]),
		transposedValue: tf.transpose(dropPadding(value, keyLengths), [0, 1, 3, 2]),
		delta: tf.sub(tf.sum(tf.mul(outputGrad, output), 3, true), tf.reshape(logSumExpGrad, column)),
		finiteLogSumExp: tf.reshape(tf.where(dead, tf.zerosLike(logSumExp), logSumExp), column),
	};
}

/** The gradients of one block; its intermediate matrices are freed as soon as the three that matter are there. */
function backwardBlock(
	shared: Shared,
	attributes: AttentionAttributes,
	rows: Range,
	keys: Range,
): BlockGrads {
	const { query, key, bias, outputGrad } = shared;
	const [batch, heads, , headDim] = query.shape;
	const keyHeads = key.shape[1];
	const height = rows[1] - rows[0];
	const width = keys[1] - keys[0];
	return tf.tidy((): BlockGrads => {
		if (width === 0) return emptyBlock(shared, rows);
		const grouped: [number, number, number, number] = [batch, keyHeads, (heads / keyHeads) * height, width];
		const dOutput = groupRows(outputGrad, rows, keyHeads); // [B, Hk, G·rows, Dv]
		const { kept, dScores, dProducts, sinks } = tf.tidy(() =>
			scoreGrads(shared, attributes, dOutput, rows, keys),
		);

		const transposedOutput = tf.transpose(dOutput, [0, 1, 3, 2]); // [B, Hk, Dv, G·rows]
		const dValue = tf.matMul(transposedOutput, tf.reshape(kept, grouped)) as tf.Tensor4D; // [B, Hk, Dv, keys]
		const products = tf.reshape(dProducts, grouped); // [B, Hk, G·rows, keys]
		const keyBlock = tf.slice4d(key, [0, 0, keys[0], 0], [batch, keyHeads, width, headDim]);
		const dQuery = tf.reshape(tf.matMul(products, keyBlock), [batch, heads, height, headDim]) as tf.Tensor4D;
		const transposedQuery = tf.transpose(groupRows(query, rows, keyHeads), [0, 1, 3, 2]);
		const dKey = tf.matMul(transposedQuery, products) as tf.Tensor4D; // [B, Hk, D, keys]
		const grads = { query: dQuery, key: dKey, value: dValue, ...(sinks && { sinks }) };
		return bias === undefined ? grads : { ...grads, bias: sumToBias(dScores, bias, keys) };
	});
}

/** `P · keep`, `dS` and `scale · dX` of one block, each `[B, H, rows, keys]`. */
function scoreGrads(
	shared: Shared,
	attributes: AttentionAttributes,
	dOutput: tf.Tensor4D,
	rows: Range,
	keys: Range,
): { kept: tf.Tensor4D; dScores: tf.Tensor4D; dProducts: tf.Tensor4D; sinks?: tf.Tensor } {
	const { scale, softcap, dropoutRate, dropoutSeed } = attributes;
	const [batch, heads] = shared.query.shape;
	const shape: [number, number, number, number] = [batch, heads, rows[1] - rows[0], keys[1] - keys[0]];
	const { scores, capped } = blockScores(shared, shared.transposedKey, attributes, rows, keys);
	const { weights, sinkWeights } = blockWeights(scores, shared, rows);
	const dKept = tf.reshape(tf.matMul(dOutput, sliceLast(shared.transposedValue, keys)), shape);
	const keep =
		dropoutRate === 0
			? undefined
			: tf.reshape(dropoutFactors(dropoutKey(dropoutSeed), dropoutRate, batch * heads, rows, keys), shape);
	const dWeights = keep === undefined ? dKept : tf.mul(dKept, keep);
	const dScores = tf.mul(weights, tf.sub(dWeights, sliceRows(shared.delta, rows))) as tf.Tensor4D;
	const slope = capped === undefined ? scale : tf.mul(tf.sub(1, tf.square(tf.div(capped, softcap))), scale);
	return {
		kept: keep === undefined ? weights : (tf.mul(weights, keep) as tf.Tensor4D),
		dScores,
		dProducts: tf.mul(dScores, slope) as tf.Tensor4D,
		...(sinkWeights && { sinks: sinksOf(sinkWeights, shared, rows) }),
	};
}

/**
 * `exp(s - logSumExp)`, divided by what it sums to: where scores are large, such as -1e9 for padding, float32 holds no
 * fraction of the logSumExp, and every weight would be 1.
 */
function blockWeights(
	scores: tf.Tensor4D,
	{ sinks, finiteLogSumExp }: Shared,
	rows: Range,
): { weights: tf.Tensor4D; sinkWeights?: tf.Tensor } {
	const logSumExp = sliceRows(finiteLogSumExp, rows); // [B, H, rows, 1]
	const raw = tf.exp(tf.sub(scores, logSumExp));
	const keys = tf.sum(raw, 3, true);
	const sink = sinks && tf.exp(tf.sub(tf.reshape(sinks, [1, sinks.shape[0], 1, 1]), logSumExp));
	const sum = sink === undefined ? keys : tf.add(keys, sink);
	// A dead row, whose weights are all 0, has no sum.
	const divisor = tf.where(tf.greater(sum, 0), sum, tf.onesLike(sum));
	const weights = tf.div(raw, divisor) as tf.Tensor4D;
	return sink === undefined ? { weights } : { weights, sinkWeights: tf.div(sink, divisor) };
}

/** What a block of queries gives to the gradient of the sinks, `-Σ weight · delta`, `[H]`. */
function sinksOf(sinkWeights: tf.Tensor, { delta }: Shared, rows: Range): tf.Tensor {
	return tf.neg(tf.sum(tf.mul(sinkWeights, sliceRows(delta, rows)), [0, 2, 3]));
}

/** The gradients of a block that sees no key. */
function emptyBlock(shared: Shared, rows: Range): BlockGrads {
	const { query, transposedKey, transposedValue, bias, sinks, delta } = shared;
	const height = rows[1] - rows[0];
	const [batch, heads, , headDim] = query.shape;
	const noKeys = (tensor: tf.Tensor4D): tf.Tensor4D => sliceLast(tensor, [0, 0]);
	const grads = {
		query: tf.zeros<tf.Rank.R4>([batch, heads, height, headDim]),
		key: noKeys(transposedKey),
		value: noKeys(transposedValue),
		// All weight is the sink's.
		...(sinks && { sinks: sinksOf(tf.onesLike(sliceRows(delta, rows)), shared, rows) }),
	};
	if (bias === undefined) return grads;
	const [biasBatch, biasHeads, biasRows, biasKeys] = bias.shape;
	return { ...grads, bias: tf.zeros([biasBatch, biasHeads, biasRows === 1 ? 1 : height, biasKeys]) };
}

/** Sums the gradient of the scores over the axes that the bias was broadcast on; pads the keys that were left out. */
function sumToBias(dScores: tf.Tensor4D, bias: tf.Tensor4D, keys: Range): tf.Tensor4D {
	const axes = [0, 1, 2, 3].filter((axis) => bias.shape[axis] === 1);
	const summed = tf.sum(dScores, axes, true) as tf.Tensor4D;
	return bias.shape[3] === 1 ? summed : padLast(summed, keys, bias.shape[3]);
}

function sliceRows(tensor: tf.Tensor4D, rows: Range): tf.Tensor4D {
	const [batch, heads, , size] = tensor.shape;
	return tf.slice4d(tensor, [0, 0, rows[0], 0], [batch, heads, rows[1] - rows[0], size]);
}

function padLast(tensor: tf.Tensor4D, range: Range, size: number): tf.Tensor4D {
	if (range[0] === 0 && range[1] === size) return tensor;
	return tf.pad4d(tensor, [
		[0, 0],
		[0, 0],
		[0, 0],
		[range[0], size - range[1]],
	]);
}

/** Adds and frees both: a running sum must not hold every partial one. */
function accumulate(sum: tf.Tensor, part: tf.Tensor): tf.Tensor {
	const next = tf.add(sum, part);
	tf.dispose([sum, part]);
	return next;
}
