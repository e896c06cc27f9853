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
import { addScoresTimes, blockColumns, blockStride, tile, tileRows } from "../tile";
import { hashKeys } from "./dropout";
import { paddedBytes } from "./forward";
import { Problem } from "./problem";
import { blockRows, rowAt, rowBytes } from "./rows";
import {
	addBiasGrad,
	addSinkGrad,
	capWithSlope,
	differentiate,
	finishRefining,
	isCoarse,
	prepare,
	refine,
	scaleBy,
} from "./score-gradients";
import { biasAndHide, hidden } from "./scores";

/** Bytes of the scores of a block. */
const blockBytes: usize = blockStride * <usize>blockRows;

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
	const queryStride = (<usize>headDim) << 2;
	const valueStride = (<usize>valueDim) << 2;
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
					packRows(
						queries + offset * queryStride,
						queryStride,
						part,
						headDim,
						problem.scale,
						queryPanels + offset * queryStride,
					);
					packRows(
						grads + offset * valueStride,
						valueStride,
						part,
						valueDim,
						1,
						gradPanels + offset * valueStride,
					);
				}
				copyRows(queries, queryStride, count, headDim, problem.scale, queryRows, wideQuery);
				copyRows(grads, valueStride, count, valueDim, 1, gradRows, wideValue);
				refineRows(problem, rowList, count, queryPanels, keyPanels, from, to, weights);
				if (problem.sinks != 0) for (let r = 0; r < count; r++) addSinkGrad(problem, rowAt(rowList, r));
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
							const column = at + ((<usize>j) << 2);
							tile(
								queryPanels + offset * queryStride,
								20,
								keyPanel,
								32,
								headDim,
								weights + column,
								blockStride,
								false,
							);
							tile(
								gradPanels + offset * valueStride,
								20,
								valuePanel,
								32,
								valueDim,
								scoreGrads + column,
								blockStride,
								false,
							);
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
						const bytes = (<usize>((width + 3) & ~3)) << 2;
						differentiate(
							row,
							weights + at,
							scoreGrads + at,
							bytes,
							problem.keepFactor,
							hashes,
							problem.dropThreshold,
						);
						memory.fill(weights + at + bytes, 0, blockStride - bytes);
						memory.fill(scoreGrads + at + bytes, 0, blockStride - bytes);
						if (row.biasGrad != 0) addBiasGrad(row.biasGrad, problem.biasKey, scoreGrads + at, k0, a, z);
						if (capped) scaleBy(scoreGrads + at, slopes + at, width);
					}
					for (let j = 0; j < width; j += tileRows) {
						const column = (<usize>j) << 2;
						const target = <usize>(k0 + j);
						for (let c: usize = 0; c < wideValue; c += 32) {
							tile(
								weights + column,
								blockStride,
								gradRows + c,
								wideValue,
								count,
								valueSums + target * wideValue + c,
								wideValue,
								true,
							);
						}
						for (let c: usize = 0; c < wideQuery; c += 32) {
							tile(
								scoreGrads + column,
								blockStride,
								queryRows + c,
								wideQuery,
								count,
								keySums + target * wideQuery + c,
								wideQuery,
								true,
							);
						}
					}
					const keyBlock = keyRows + <usize>k0 * wideQuery;
					for (let r = 0; r < count; r += tileRows) {
						const sums = querySums + <usize>r * wideQuery;
						for (let c: usize = 0; c < wideQuery; c += 32) {
							addScoresTimes(
								scoreGrads + <usize>r * blockStride,
								keyBlock + c,
								wideQuery,
								width,
								sums + c,
								wideQuery,
							);
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

/** One more look at the keys for those of a block's rows whose log-sum-exp is coarse; seldom are there any. */
function refineRows(
	problem: Problem,
	rowList: usize,
	count: i32,
	queryPanels: usize,
	keyPanels: usize,
	from: i32,
	to: i32,
	scores: usize,
): void {
	const queryStride = (<usize>problem.headDim) << 2;
	for (let first = 0; first < count; first += tileRows) {
		const part = min(tileRows, count - first);
		let some = false;
		for (let r = 0; r < part; r++) some = some || isCoarse(rowAt(rowList, first + r));
		if (!some) continue;
		for (let r = 0; r < part; r++) {
			const row = rowAt(rowList, first + r);
			row.top = hidden;
			if (isCoarse(row)) row.factor = 0;
		}
		for (let k0 = from & ~7; k0 < to; k0 += blockColumns) {
			const width = min(blockColumns, to - k0);
			const panels = keyPanels + <usize>(k0 >> 3) * (queryStride << 3);
			for (let j = 0; j < width; j += 8) {
				const panel = panels + <usize>j * queryStride;
				const target = scores + ((<usize>j) << 2);
				tile(
					queryPanels + <usize>first * queryStride,
					20,
					panel,
					32,
					problem.headDim,
					target,
					blockStride,
					false,
				);
			}
			for (let r = 0; r < part; r++) {
				const row = rowAt(rowList, first + r);
				if (isCoarse(row)) refine(problem, row, scores + <usize>r * blockStride, k0, width);
			}
		}
		for (let r = 0; r < part; r++) {
			const row = rowAt(rowList, first + r);
			if (isCoarse(row)) finishRefining(problem, row);
		}
	}
}
