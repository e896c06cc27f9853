// The gradients of fused attention, from its inputs, output and log-sum-exp alone: the weights are computed again, block by
// block, forty rows by eighty keys.
//
//     P  = exp(s - logSumExp)         dP = (dO Vᵀ) · keep / (1 - rate)         delta = Σ dO · O - dLSE
//     dS = P (dP - delta)  (= dBias)  dX = dS (1 - (y / c)²)                   (y: the capped scores, before the bias)
//     dQ = scale · dX K               dK = dXᵀ (scale · Q)                     dV = (P · keep / (1 - rate))ᵀ dO
//     dSink = -Σ exp(sink - logSumExp) delta
//
// Every block is visited once. The gradients of a key/value head's keys and values are summed in scratch, over the rows of
// all the query heads that share it; the result does not depend on anything but the inputs.

import { copyRows, packRows, packTransposed, panelBytes } from "../pack";
import { sumRow } from "../sum";
import { addScoresTimes, blockColumns, blockStride, tile, tileRows } from "../tile";
import { exp, expOf, sumOf } from "../vector";
import { hashKeys, kept } from "./dropout";
import { paddedBytes } from "./forward";
import { Problem } from "./problem";
import { blockRows, Row, rowAt, rowBytes } from "./rows";
import { biasAndHide, cap } from "./scores";

/** Bytes of the scores of a block. */
const blockBytes: usize = blockStride * <usize>blockRows;
/** A log-sum-exp of this or less belongs to a row that sees nothing. */
const deadLogSumExp: f32 = -1e29;

/** Bytes of scratch that {@link attendGrad} needs. */
export function attendGradScratch(pointer: usize): usize {
	const problem = changetype<Problem>(pointer);
	const query = paddedBytes(problem.headDim);
	const value = paddedBytes(problem.valueDim);
	const keys = <usize>problem.keyLength;
	return (
		3 * blockBytes +
		blockStride +
		<usize>blockRows * (3 * query + 2 * value + rowBytes) +
		64 +
		panelBytes(problem.keyLength, problem.headDim) +
		panelBytes(problem.keyLength, problem.valueDim) +
		(problem.headDim % 8 == 0 ? 0 : keys * query) +
		(keys + blockColumns) * (query + value)
	);
}

/** Runs the backward pass on all heads. */
export function attendGrad(pointer: usize): void {
	const problem = changetype<Problem>(pointer);
	const headDim = problem.headDim;
	const valueDim = problem.valueDim;
	const queryStride = <usize>headDim << 2;
	const valueStride = <usize>valueDim << 2;
	const wideQuery = paddedBytes(headDim);
	const wideValue = paddedBytes(valueDim);
	const rows = problem.group * problem.queryLength;
	const capped = problem.softcap > 0;

	// Scratch. A block: weights and score gradients [40, 80] each, slopes of the softcap [40, 80], hashes of the keys [80],
	// queries and output gradients in panels and in rows, the sums of the query gradient, the rows.
	const weights = problem.scratch;
	const scoreGrads = weights + blockBytes;
	const slopes = scoreGrads + blockBytes;
	const hashes = slopes + blockBytes;
	const queryPanels = hashes + blockStride;
	const queryRows = queryPanels + <usize>blockRows * wideQuery;
	const querySums = queryRows + <usize>blockRows * wideQuery;
	const gradPanels = querySums + <usize>blockRows * wideQuery;
	const gradRows = gradPanels + <usize>blockRows * wideValue;
	const rowList = gradRows + <usize>blockRows * wideValue;
	// A key/value head: keys and values in panels, keys in rows, the sums of their gradients.
	const keyPanels = (rowList + <usize>blockRows * rowBytes + 15) & ~15;
	const valuePanels = keyPanels + panelBytes(problem.keyLength, headDim);
	const keySums = valuePanels + panelBytes(problem.keyLength, valueDim);
	const valueSums = keySums + <usize>(problem.keyLength + blockColumns) * wideQuery;
	const wideKeys = valueSums + <usize>(problem.keyLength + blockColumns) * wideValue;

	const keyBytes = <usize>problem.keyLength * queryStride;
	const valueBytes = <usize>problem.keyLength * valueStride;
	let key = problem.key;
	let value = problem.value;
	let keyGrad = problem.keyGrad;
	let valueGrad = problem.valueGrad;
	for (let batch = 0; batch < problem.batch; batch++) {
		const keys = problem.keysOf(batch);
		for (let keyHead = 0; keyHead < problem.keyHeads; keyHead++) {
			packTransposed(key, queryStride, keys, headDim, keyPanels);
			packTransposed(value, valueStride, keys, valueDim, valuePanels);
			let keyRows = key;
			if (wideQuery != queryStride) {
				copyRows(key, queryStride, keys, headDim, 1, wideKeys, wideQuery);
				keyRows = wideKeys;
			}
			memory.fill(keySums, 0, <usize>(problem.keyLength + blockColumns) * (wideQuery + wideValue));
			for (let first = 0; first < rows; first += blockRows) {
				const count = min(blockRows, rows - first);
				let from = i32.MAX_VALUE;
				let to = 0;
				for (let r = 0; r < count; r++) {
					const row = rowAt(rowList, r);
					row.locate(problem, batch, keyHead, first + r, keys);
					prepare(problem, row);
					if (row.from == row.to) continue;
					from = min(from, row.from);
					to = max(to, row.to);
				}
				const start = rowAt(rowList, 0).index;
				const queries = problem.query + <usize>start * queryStride;
				const grads = problem.outputGrad + <usize>start * valueStride;
				for (let r = 0; r < count; r += tileRows) {
					const part = min(tileRows, count - r);
					const offset = <usize>r;
					packRows(queries + offset * queryStride, queryStride, part, headDim, problem.scale, queryPanels + offset * queryStride);
					packRows(grads + offset * valueStride, valueStride, part, valueDim, 1, gradPanels + offset * valueStride);
				}
				copyRows(queries, queryStride, count, headDim, problem.scale, queryRows, wideQuery);
				copyRows(grads, valueStride, count, valueDim, 1, gradRows, wideValue);
				memory.fill(querySums, 0, <usize>blockRows * wideQuery);
				for (let k0 = from & ~7; k0 < to; k0 += blockColumns) {
					const width = min(blockColumns, to - k0);
					if (problem.dropThreshold != 0) hashKeys(problem, k0, width, hashes);
					for (let r = 0; r < count; r += tileRows) {
						const offset = <usize>r;
						let keyPanel = keyPanels + <usize>(k0 >> 3) * <usize>headDim * 32;
						let valuePanel = valuePanels + <usize>(k0 >> 3) * <usize>valueDim * 32;
						const at = offset * blockStride;
						for (let j = 0; j < width; j += 8, keyPanel += queryStride << 3, valuePanel += valueStride << 3) {
							const column = at + (<usize>j << 2);
							tile(queryPanels + offset * queryStride, 20, keyPanel, 32, headDim, weights + column, blockStride, false);
							tile(gradPanels + offset * valueStride, 20, valuePanel, 32, valueDim, scoreGrads + column, blockStride, false);
						}
					}
					for (let r = 0; r < count; r++) {
						const at = <usize>r * blockStride;
						const row = rowAt(rowList, r);
						const a = max(row.from - k0, 0);
						const z = min(row.to - k0, width);
						if (a >= z) {
							memory.fill(weights + at, 0, blockStride);
							memory.fill(scoreGrads + at, 0, blockStride);
							continue;
						}
						if (capped) capWithSlope(weights + at, slopes + at, width, problem.softcap);
						biasAndHide(problem, row, weights + at, k0, a, z, width);
						const bytes = <usize>((width + 3) & ~3) << 2;
						differentiate(row, weights + at, scoreGrads + at, bytes, problem.keepFactor, hashes, problem.dropThreshold);
						memory.fill(weights + at + bytes, 0, blockStride - bytes);
						memory.fill(scoreGrads + at + bytes, 0, blockStride - bytes);
						if (row.biasGrad != 0) addBiasGrad(row.biasGrad, problem.biasKey, scoreGrads + at, k0, a, z);
						if (capped) scaleBy(scoreGrads + at, slopes + at, width);
					}
					for (let j = 0; j < width; j += tileRows) {
						const column = <usize>j << 2;
						const target = <usize>(k0 + j);
						for (let c: usize = 0; c < wideValue; c += 32) {
							tile(weights + column, blockStride, gradRows + c, wideValue, count, valueSums + target * wideValue + c, wideValue, true);
						}
						for (let c: usize = 0; c < wideQuery; c += 32) {
							tile(scoreGrads + column, blockStride, queryRows + c, wideQuery, count, keySums + target * wideQuery + c, wideQuery, true);
						}
					}
					const keyBlock = keyRows + <usize>k0 * wideQuery;
					for (let r = 0; r < count; r += tileRows) {
						const sums = querySums + <usize>r * wideQuery;
						for (let c: usize = 0; c < wideQuery; c += 32) {
							addScoresTimes(scoreGrads + <usize>r * blockStride, keyBlock + c, wideQuery, width, sums + c, wideQuery);
						}
					}
				}
				for (let r = 0; r < count; r++) {
					const target = problem.queryGrad + <usize>(start + r) * queryStride;
					copyRows(querySums + <usize>r * wideQuery, 0, 1, headDim, problem.scale, target, queryStride);
				}
			}
			copyRows(keySums, wideQuery, problem.keyLength, headDim, 1, keyGrad, queryStride);
			copyRows(valueSums, wideValue, problem.keyLength, valueDim, 1, valueGrad, valueStride);
			key += keyBytes;
			value += valueBytes;
			keyGrad += keyBytes;
			valueGrad += valueBytes;
		}
	}
}

/** Reads a row's log-sum-exp, computes its delta, and adds what it gives to the gradient of its sink. */
function prepare(problem: Problem, row: Row): void {
	const index = <usize>row.index;
	const valueDim = problem.valueDim;
	const bytes = <usize>valueDim << 2;
	const lse = load<f32>(problem.logSumExp + (index << 2));
	let output = problem.output + index * bytes;
	let grad = problem.outputGrad + index * bytes;
	let sums = f32x4.splat(0);
	let d = 0;
	for (; d + 4 <= valueDim; d += 4, output += 16, grad += 16) {
		sums = f32x4.add(sums, f32x4.mul(v128.load(output), v128.load(grad)));
	}
	let delta = sumOf(sums);
	for (; d < valueDim; d++, output += 4, grad += 4) delta += load<f32>(output) * load<f32>(grad);
	delta -= load<f32>(problem.logSumExpGrad + (index << 2));
	row.base = lse;
	row.sum = delta;
	if (problem.sinks != 0) {
		const at = <usize>row.head << 2;
		const share = expOf(load<f32>(problem.sinks + at) - lse);
		store<f32>(problem.sinksGrad + at, load<f32>(problem.sinksGrad + at) - share * delta);
	}
	if (lse <= deadLogSumExp) {
		row.from = 0;
		row.to = 0;
	}
}

/** y = c tanh(x / c), and its slope 1 - (y / c)². */
function capWithSlope(scores: usize, slopes: usize, width: i32, softcap: f32): void {
	cap(scores, width, softcap);
	const inverse = f32x4.splat(1 / softcap);
	for (let j = 0; j < width; j += 4, scores += 16, slopes += 16) {
		const y = f32x4.mul(v128.load(scores), inverse);
		v128.store(slopes, f32x4.sub(f32x4.splat(1), f32x4.mul(y, y)));
	}
}

/** Scores become the weights that dropout leaves, and gradients of these become gradients of the scores. */
export function differentiate(
	row: Row,
	weights: usize,
	grads: usize,
	bytes: usize,
	keepFactor: f32,
	hashes: usize,
	threshold: u32,
): void {
	const base = f32x4.splat(row.base);
	const delta = f32x4.splat(row.sum);
	if (threshold == 0) {
		for (const end = weights + bytes; weights < end; weights += 16, grads += 16) {
			const p = exp(f32x4.sub(v128.load(weights), base));
			v128.store(weights, p);
			v128.store(grads, f32x4.mul(p, f32x4.sub(v128.load(grads), delta)));
		}
		return;
	}
	const factor = f32x4.splat(keepFactor);
	for (const end = weights + bytes; weights < end; weights += 16, grads += 16, hashes += 16) {
		const keep = v128.and(factor, kept(v128.load(hashes), row.hash, threshold));
		const p = exp(f32x4.sub(v128.load(weights), base));
		v128.store(weights, f32x4.mul(p, keep));
		v128.store(grads, f32x4.mul(p, f32x4.sub(f32x4.mul(v128.load(grads), keep), delta)));
	}
}

/** Adds the gradients of keys `first + from .. first + to - 1` to those of the bias. */
function addBiasGrad(biasGrad: usize, stride: i32, grads: usize, first: i32, from: i32, to: i32): void {
	grads += <usize>from << 2;
	if (stride == 0) {
		store<f32>(biasGrad, load<f32>(biasGrad) + sumRow(grads, to - from));
		return;
	}
	biasGrad += <usize>(first + from) << 2;
	let j = from;
	for (; j + 4 <= to; j += 4, grads += 16, biasGrad += 16) {
		v128.store(biasGrad, f32x4.add(v128.load(biasGrad), v128.load(grads)));
	}
	for (; j < to; j++, grads += 4, biasGrad += 4) store<f32>(biasGrad, load<f32>(biasGrad) + load<f32>(grads));
}

function scaleBy(x: usize, factors: usize, width: i32): void {
	for (let j = 0; j < width; j += 4, x += 16, factors += 16) {
		v128.store(x, f32x4.mul(v128.load(x), v128.load(factors)));
	}
}
