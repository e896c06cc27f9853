// C = A · B for matrices of any size, either operand transposed in memory or not.

import { packColumns, packRows, packTransposed, packTransposedRows } from "./pack";
import { rowDots, rowTimes, tile, tileColumns, tileRows } from "./tile";

/** Terms of the sum that are taken at a time: a panel of each operand then fits the first-level cache. */
const depthBlock: i32 = 256;
/** Columns that are taken at a time: their packed form then fits the second-level cache. */
const columnBlock: i32 = 192;
/** Fewer rows than this are not worth packing the right operand for. */
const fewRows: i32 = 4;

/** Bytes of scratch that {@link multiply} needs. */
export function multiplyScratch(m: i32, k: i32, n: i32): usize {
	if (m < fewRows) return m > 0 ? (<usize>k << 2) + 16 : 16;
	const depth = min(k, depthBlock);
	const columns = (min(n, columnBlock) + tileColumns - 1) & ~(tileColumns - 1);
	return <usize>depth * 20 + 16 + <usize>depth * <usize>columns * 4 + 160;
}

/**
 * `C[m, n] (+)= A[m, k] · B[k, n]`. A lies `[k, m]` with `transposeA`, B `[n, k]` with `transposeB`; strides are the bytes
 * from row to row of what lies in memory.
 */
export function multiply(
	a: usize,
	aStride: usize,
	transposeA: bool,
	b: usize,
	bStride: usize,
	transposeB: bool,
	c: usize,
	cStride: usize,
	m: i32,
	k: i32,
	n: i32,
	accumulate: bool,
	scratch: usize,
): void {
	if (m < fewRows) {
		multiplyFewRows(a, aStride, transposeA, b, bStride, transposeB, c, cStride, m, k, n, accumulate, scratch);
		return;
	}
	const panel = scratch;
	const edge = scratch + ((<usize>min(k, depthBlock) * 20 + 15) & ~15); // a tile at the border of C, 160 bytes
	const packed = edge + 160;
	for (let j0 = 0; j0 < n; j0 += columnBlock) {
		const columns = min(columnBlock, n - j0);
		for (let k0 = 0; k0 < k; k0 += depthBlock) {
			const depth = min(depthBlock, k - k0);
			const add = accumulate || k0 > 0;
			if (transposeB) packTransposed(b + <usize>j0 * bStride + (<usize>k0 << 2), bStride, columns, depth, packed);
			else packColumns(b + <usize>k0 * bStride + (<usize>j0 << 2), bStride, columns, depth, packed);
			for (let i = 0; i < m; i += tileRows) {
				const rows = min(tileRows, m - i);
				if (transposeA) packTransposedRows(a + <usize>k0 * aStride + (<usize>i << 2), aStride, rows, depth, panel);
				else packRows(a + <usize>i * aStride + (<usize>k0 << 2), aStride, rows, depth, 1, panel);
				let right = packed;
				let target = c + <usize>i * cStride + (<usize>j0 << 2);
				for (let j = 0; j < columns; j += tileColumns, right += <usize>depth << 5, target += 32) {
					const width = min(tileColumns, columns - j);
					if (rows == tileRows && width == tileColumns) {
						tile(panel, 20, right, 32, depth, target, cStride, add);
					} else {
						tile(panel, 20, right, 32, depth, edge, 32, false);
						putEdge(edge, target, cStride, rows, width, add);
					}
				}
			}
		}
	}
}

function putEdge(edge: usize, c: usize, cStride: usize, rows: i32, columns: i32, add: bool): void {
	const end = <usize>columns << 2;
	for (let i = 0; i < rows; i++, edge += 32, c += cStride) {
		for (let at: usize = 0; at < end; at += 4) {
			const x = load<f32>(edge + at);
			store<f32>(c + at, add ? x + load<f32>(c + at) : x);
		}
	}
}

function multiplyFewRows(
	a: usize,
	aStride: usize,
	transposeA: bool,
	b: usize,
	bStride: usize,
	transposeB: bool,
	c: usize,
	cStride: usize,
	m: i32,
	k: i32,
	n: i32,
	accumulate: bool,
	scratch: usize,
): void {
	for (let i = 0; i < m; i++, c += cStride) {
		let row = a + <usize>i * aStride;
		if (transposeA) {
			row = scratch;
			let from = a + (<usize>i << 2);
			for (let at: usize = 0; at < <usize>k << 2; at += 4, from += aStride) store<f32>(row + at, load<f32>(from));
		}
		if (transposeB) rowDots(row, b, bStride, k, n, c, accumulate);
		else rowTimes(row, b, bStride, k, n, c, accumulate);
	}
}

/**
 * The same for `items` pairs of matrices that lie one after another, `aItem` and `bItem` bytes apart (0: the same one for
 * all of them). Matrices have no gaps.
 */
export function multiplyItems(
	a: usize,
	aItem: usize,
	transposeA: bool,
	b: usize,
	bItem: usize,
	transposeB: bool,
	c: usize,
	items: i32,
	m: i32,
	k: i32,
	n: i32,
	scratch: usize,
): void {
	const aStride = <usize>(transposeA ? m : k) << 2;
	const bStride = <usize>(transposeB ? k : n) << 2;
	const cStride = <usize>n << 2;
	for (let item = 0; item < items; item++, a += aItem, b += bItem, c += cStride * <usize>m) {
		multiply(a, aStride, transposeA, b, bStride, transposeB, c, cStride, m, k, n, false, scratch);
	}
}
