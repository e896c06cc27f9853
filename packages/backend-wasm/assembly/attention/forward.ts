// Fused attention: the scores exist only tile by tile, five rows by eighty keys.
//
//     for each block of keys:   s = scores      m' = max(m, s)      e = exp(s - m')
//                               l = l exp(m - m') + Σ e             acc = acc exp(m - m') + (e · keep) V
//     output = acc / (l (1 - rate))             logSumExp = m + ln l
//
// Dao et al., "FlashAttention", 2022, https://arxiv.org/abs/2205.14135, arranged for sixteen registers: keys are packed
// once for each key/value head, and the queries of all heads that share it go through as rows of one matrix.

import { copyRows, packRows, packTransposed, panelBytes } from "../pack";
import { addScoresTimes, blockColumns, blockStride, rowDots, rowTimes, tile, tileRows } from "../tile";
import { exp, expOf, logOf, sumOf } from "../vector";
import { hashKeys, kept } from "./dropout";
import { Problem } from "./problem";
import { blockRows, Row, rowAt, rowBytes } from "./rows";
import { biasAndHide, cap, hidden, largestOf } from "./scores";

/** Fewer rows than this share a key too seldom for packing it to pay. */
const fewRows: i32 = 3;

/** A row length in bytes with columns for whole tiles. */
export function paddedBytes(columns: i32): usize {
	return (<usize>((columns + 7) & ~7)) << 2;
}

/** Bytes of scratch that {@link attend} needs. */
export function attendScratch(pointer: usize): usize {
	const problem = changetype<Problem>(pointer);
	const headDim = problem.headDim;
	const valueDim = problem.valueDim;
	const keyLength = problem.keyLength;
	const perRow = paddedBytes(headDim) + paddedBytes(valueDim) + rowBytes;
	const perBlock = blockStride * (tileRows + 1) + <usize>blockRows * perRow + 64;
	if (problem.group * problem.queryLength < fewRows) return perBlock;
	const values: usize = valueDim % 8 == 0 ? 0 : paddedBytes(valueDim) * <usize>keyLength;
	return perBlock + panelBytes(keyLength, headDim) + values;
}

/** Runs the forward pass on all heads. */
export function attend(pointer: usize): void {
	const problem = changetype<Problem>(pointer);
	const headDim = problem.headDim;
	const valueDim = problem.valueDim;
	const rows = problem.group * problem.queryLength;
	const few = rows < fewRows;

	// Scratch: scores [5, 80], hashes of the keys [80], queries and sums of forty rows, these rows, keys, values.
	const scores = problem.scratch;
	const hashes = scores + blockStride * tileRows;
	const queries = hashes + blockStride;
	const sums = queries + <usize>blockRows * paddedBytes(headDim);
	const rowList = sums + <usize>blockRows * paddedBytes(valueDim);
	const keyPanels = (rowList + rowBytes * blockRows + 15) & ~15;
	const valueRows = keyPanels + panelBytes(problem.keyLength, headDim);

	const queryStride = (<usize>headDim) << 2;
	const keyBytes = <usize>problem.keyLength * queryStride;
	const valueBytes = <usize>problem.keyLength * ((<usize>valueDim) << 2);
	let key = problem.key;
	let value = problem.value;
	let query = problem.query;
	for (let batch = 0; batch < problem.batch; batch++) {
		const keys = problem.keysOf(batch);
		for (let keyHead = 0; keyHead < problem.keyHeads; keyHead++) {
			let keyRows = keyPanels;
			let values = value;
			let valueStride = (<usize>valueDim) << 2;
			if (few) keyRows = key;
			else {
				packTransposed(key, queryStride, keys, headDim, keyPanels);
				if (valueDim % 8 != 0) {
					copyRows(value, valueStride, keys, valueDim, 1, valueRows, paddedBytes(valueDim));
					values = valueRows;
					valueStride = paddedBytes(valueDim);
				}
			}
			// Forty rows go through a block of keys before the next one comes: long sequences do not fit the caches.
			for (let first = 0; first < rows; first += blockRows) {
				const count = min(blockRows, rows - first);
				let from = i32.MAX_VALUE;
				let to = 0;
				for (let r = 0; r < count; r++) {
					const row = rowAt(rowList, r);
					row.locate(problem, batch, keyHead, first + r, keys);
					row.top = hidden;
					row.sum = 0;
					row.base = 0;
					if (row.from == row.to) continue;
					from = min(from, row.from);
					to = max(to, row.to);
				}
				memory.fill(sums, 0, <usize>count * paddedBytes(valueDim));
				const block = query + <usize>first * queryStride;
				if (few) copyRows(block, queryStride, count, headDim, problem.scale, queries, paddedBytes(headDim));
				else {
					for (let r = 0; r < count; r += tileRows) {
						const offset = <usize>r * queryStride;
						packRows(
							block + offset,
							queryStride,
							min(tileRows, count - r),
							headDim,
							problem.scale,
							queries + offset,
						);
					}
				}
				for (let k0 = from & ~7; k0 < to; k0 += blockColumns) {
					const width = min(blockColumns, to - k0);
					if (problem.dropThreshold != 0) hashKeys(problem, k0, width, hashes);
					const valueBlock = values + <usize>k0 * valueStride;
					for (let r = 0; r < count; r += tileRows) {
						const part = min(tileRows, count - r);
						const partSums = sums + <usize>r * paddedBytes(valueDim);
						if (few) {
							attendFewRows(
								problem,
								queries,
								keyRows,
								k0,
								width,
								rowAt(rowList, 0),
								part,
								scores,
								hashes,
								valueBlock,
								partSums,
							);
						} else {
							const seen = columnsSeen(rowList + <usize>r * rowBytes, part, k0, width);
							if (seen == 0) continue;
							const panels = keyRows + <usize>(k0 >> 3) * (queryStride << 3);
							attendRows(
								problem,
								queries + <usize>r * queryStride,
								panels,
								k0,
								seen,
								rowAt(rowList, r),
								part,
								scores,
								hashes,
								valueBlock,
								valueStride,
								partSums,
							);
						}
					}
				}
				for (let r = 0; r < count; r++)
					finish(problem, rowAt(rowList, r), sums + <usize>r * paddedBytes(valueDim));
			}
			key += keyBytes;
			value += valueBytes;
			query += <usize>rows * queryStride;
		}
	}
}

/** How many of a block's columns, from its first on, some of these rows see. */
function columnsSeen(rows: usize, count: i32, first: i32, width: i32): i32 {
	let to = 0;
	for (let r = 0; r < count; r++) {
		const row = rowAt(rows, r);
		if (row.from < first + width) to = max(to, row.to);
	}
	return max(0, min(width, to - first));
}

/** Takes five rows, or fewer at the end, through one block of keys. */
function attendRows(
	problem: Problem,
	queries: usize,
	panels: usize,
	first: i32,
	width: i32,
	rows: Row,
	count: i32,
	scores: usize,
	hashes: usize,
	values: usize,
	valueStride: usize,
	sums: usize,
): void {
	const headDim = problem.headDim;
	const wide = paddedBytes(problem.valueDim);
	for (let j = 0; j < width; j += 8, panels += (<usize>headDim) << 5) {
		tile(queries, 20, panels, 32, headDim, scores + ((<usize>j) << 2), blockStride, false);
	}
	weigh(problem, rows, count, scores, hashes, first, width, sums);
	for (let c: usize = 0; c < wide; c += 32) {
		addScoresTimes(scores, values + c, valueStride, width, sums + c, wide);
	}
}

/** The same for rows that are too few for packed keys, as in decoding. */
function attendFewRows(
	problem: Problem,
	queries: usize,
	keys: usize,
	first: i32,
	width: i32,
	rows: Row,
	count: i32,
	scores: usize,
	hashes: usize,
	values: usize,
	sums: usize,
): void {
	const headDim = problem.headDim;
	const valueDim = problem.valueDim;
	const keyRows = keys + <usize>first * ((<usize>headDim) << 2);
	for (let r: usize = 0; r < <usize>count; r++) {
		const query = queries + r * paddedBytes(headDim);
		rowDots(query, keyRows, (<usize>headDim) << 2, headDim, width, scores + r * blockStride, false);
	}
	weigh(problem, rows, count, scores, hashes, first, width, sums);
	for (let r: usize = 0; r < <usize>count; r++) {
		const target = sums + r * paddedBytes(valueDim);
		rowTimes(scores + r * blockStride, values, (<usize>valueDim) << 2, width, valueDim, target, true);
	}
}

/** Products of a block become the weights that dropout leaves, relative to the largest score of their row so far. */
function weigh(
	problem: Problem,
	rows: Row,
	count: i32,
	scores: usize,
	hashes: usize,
	first: i32,
	width: i32,
	sums: usize,
): void {
	const list = changetype<usize>(rows);
	for (let r = 0; r < count; r++) {
		const target = sums + <usize>r * paddedBytes(problem.valueDim);
		raise(problem, rowAt(list, r), scores + <usize>r * blockStride, first, width, target);
	}
	exponentiate(scores, width, list, count);
	if (problem.dropThreshold != 0) drop(problem, scores, width, hashes, list, count);
}

/**
 * Turns a row's products into scores, takes their largest into account, and brings what was summed before to it. A row
 * that sees nothing yet has only hidden scores and 0 as its base, so that their exponentials vanish.
 */
function raise(problem: Problem, row: Row, scores: usize, first: i32, width: i32, sums: usize): void {
	const from = max(row.from - first, 0);
	const to = min(row.to - first, width);
	const end = scores + ((<usize>((width + 3) & ~3)) << 2);
	if (from >= to) {
		const none = f32x4.splat(hidden);
		for (let at = scores; at < end; at += 16) v128.store(at, none);
		return;
	}
	if (problem.softcap > 0) cap(scores, width, problem.softcap);
	biasAndHide(problem, row, scores, first, from, to, width);
	const top = max(row.top, largestOf(scores, end));
	row.base = top <= hidden ? 0 : top;
	if (top == row.top) return;
	const shrink = expOf(row.top - top);
	row.top = top;
	row.sum *= shrink;
	const factor = f32x4.splat(shrink);
	const last = sums + paddedBytes(problem.valueDim);
	for (let at = sums; at < last; at += 16) v128.store(at, f32x4.mul(factor, v128.load(at)));
}

/** Turns the scores of a block into exponentials above their rows' bases, and adds these up. */
export function exponentiate(scores: usize, width: i32, rows: usize, count: i32): void {
	const bytes = (<usize>((width + 3) & ~3)) << 2;
	for (let r = 0; r < count; r++, scores += blockStride) {
		const row = rowAt(rows, r);
		const base = f32x4.splat(row.base);
		const end = scores + bytes;
		let total = f32x4.splat(0);
		for (let at = scores; at < end; at += 16) {
			const e = exp(f32x4.sub(v128.load(at), base));
			total = f32x4.add(total, e);
			v128.store(at, e);
		}
		row.sum += sumOf(total);
	}
}

/** Sets the weights of a block to 0 that dropout takes away; what is left is scaled at the end. */
function drop(problem: Problem, scores: usize, width: i32, hashes: usize, rows: usize, count: i32): void {
	const bytes = (<usize>width) << 2;
	for (let r = 0; r < count; r++, scores += blockStride) {
		const rowHash = rowAt(rows, r).hash;
		for (let at: usize = 0; at < bytes; at += 16) {
			const keep = kept(v128.load(hashes + at), rowHash, problem.dropThreshold);
			v128.store(scores + at, v128.and(v128.load(scores + at), keep));
		}
	}
}

/** Writes a row's output and log-sum-exp; a sink joins here, once. */
function finish(problem: Problem, row: Row, sums: usize): void {
	const valueBytes = (<usize>problem.valueDim) << 2;
	const output = problem.output + <usize>row.index * valueBytes;
	let top = row.top;
	let sum = row.sum;
	let factor: f32 = 1;
	if (problem.sinks != 0) {
		const sink = load<f32>(problem.sinks + ((<usize>row.head) << 2));
		const joint = max(top, sink);
		factor = expOf(top - joint);
		sum = sum * factor + expOf(sink - joint);
		top = joint;
	}
	const dead = row.top <= hidden;
	store<f32>(
		problem.logSumExp + ((<usize>row.index) << 2),
		dead && problem.sinks == 0 ? -(<f32>Infinity) : top + logOf(sum),
	);
	if (dead) {
		memory.fill(output, 0, valueBytes);
		return;
	}
	const scale = (factor * problem.keepFactor) / sum;
	copyRows(sums, 0, 1, problem.valueDim, scale, output, valueBytes);
}
