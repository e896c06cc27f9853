// C = A · B for matrices of any size, either operand transposed in memory or not.

import { packColumns, packRows, packTransposed, packTransposedRows, panelBytes } from "./pack";
import { rowDots, rowTimes, tile, tileColumns, tileRows } from "./tile";

/** Terms of the sum that are taken at a time: a panel of each operand then fits the first-level cache. */
const depthBlock: i32 = 512;
/** Columns that are taken at a time: their packed form then fits the second-level cache. */
const columnBlock: i32 = 192;
/** Fewer rows than this are not worth packing the right operand for. */
const fewRows: i32 = 4;

/** Bytes of a tile at the border of C. */
const edgeBytes: usize = 160;

/** Bytes of scratch that {@link multiply} needs. */
export function multiplyScratch(m: i32, k: i32, n: i32): usize {
	if (m < fewRows) return ((<usize>k) << 2) + 16;
	return panelScratch(k) + panelBytes(min(n, columnBlock), min(k, depthBlock));
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
	const packed = scratch + panelScratch(k);
	for (let j0 = 0; j0 < n; j0 += columnBlock) {
		const columns = min(columnBlock, n - j0);
		for (let k0 = 0; k0 < k; k0 += depthBlock) {
			const depth = min(depthBlock, k - k0);
			packBlock(b, bStride, transposeB, j0, columns, k0, depth, packed);
			multiplyBlock(
				a,
				aStride,
				transposeA,
				packed,
				c,
				cStride,
				m,
				j0,
				columns,
				k0,
				depth,
				accumulate || k0 > 0,
				scratch,
			);
		}
	}
}

/** Bytes of a whole right operand `[k, n]` in packed form. */
export function packedBytes(k: i32, n: i32): usize {
	return panelBytes(n, k);
}

/** Packs a whole right operand for {@link multiplyPacked}, which is worth it when it is used again. */
export function pack(b: usize, bStride: usize, transposeB: bool, k: i32, n: i32, to: usize): void {
	for (let j0 = 0; j0 < n; j0 += columnBlock) {
		const columns = min(columnBlock, n - j0);
		for (let k0 = 0; k0 < k; k0 += depthBlock) {
			const depth = min(depthBlock, k - k0);
			packBlock(b, bStride, transposeB, j0, columns, k0, depth, to);
			to += panelBytes(columns, depth);
		}
	}
}

/** `C[m, n] (+)= A[m, k] · B[k, n]` with a packed B and without gaps between the rows of A; scratch as for a panel. */
export function multiplyPacked(
	a: usize,
	packed: usize,
	c: usize,
	m: i32,
	k: i32,
	n: i32,
	accumulate: bool,
	scratch: usize,
): void {
	for (let j0 = 0; j0 < n; j0 += columnBlock) {
		const columns = min(columnBlock, n - j0);
		for (let k0 = 0; k0 < k; k0 += depthBlock) {
			const depth = min(depthBlock, k - k0);
			const add = accumulate || k0 > 0;
			multiplyBlock(
				a,
				(<usize>k) << 2,
				false,
				packed,
				c,
				(<usize>n) << 2,
				m,
				j0,
				columns,
				k0,
				depth,
				add,
				scratch,
			);
			packed += panelBytes(columns, depth);
		}
	}
}

/** Bytes of scratch for a panel of the left operand and for a tile at the border of C. */
export function panelScratch(k: i32): usize {
	return ((<usize>min(k, depthBlock) * 20 + 15) & ~15) + edgeBytes;
}

function packBlock(
	b: usize,
	bStride: usize,
	transposeB: bool,
	j0: i32,
	columns: i32,
	k0: i32,
	depth: i32,
	to: usize,
): void {
	if (transposeB) packTransposed(b + <usize>j0 * bStride + ((<usize>k0) << 2), bStride, columns, depth, to);
	else packColumns(b + <usize>k0 * bStride + ((<usize>j0) << 2), bStride, columns, depth, to);
}

/** Columns `j0 ..` of C, and terms `k0 ..` of their sums. */
function multiplyBlock(
	a: usize,
	aStride: usize,
	transposeA: bool,
	packed: usize,
	c: usize,
	cStride: usize,
	m: i32,
	j0: i32,
	columns: i32,
	k0: i32,
	depth: i32,
	add: bool,
	scratch: usize,
): void {
	const edge = scratch;
	const panel = scratch + edgeBytes;
	for (let i = 0; i < m; i += tileRows) {
		const rows = min(tileRows, m - i);
		if (transposeA)
			packTransposedRows(a + <usize>k0 * aStride + ((<usize>i) << 2), aStride, rows, depth, panel);
		else packRows(a + <usize>i * aStride + ((<usize>k0) << 2), aStride, rows, depth, 1, panel);
		let right = packed;
		let target = c + <usize>i * cStride + ((<usize>j0) << 2);
		for (let j = 0; j < columns; j += tileColumns, right += (<usize>depth) << 5, target += 32) {
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

function putEdge(edge: usize, c: usize, cStride: usize, rows: i32, columns: i32, add: bool): void {
	const end = (<usize>columns) << 2;
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
			let from = a + ((<usize>i) << 2);
			for (let at: usize = 0; at < (<usize>k) << 2; at += 4, from += aStride)
				store<f32>(row + at, load<f32>(from));
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
	const aStride = (<usize>(transposeA ? m : k)) << 2;
	const bStride = (<usize>(transposeB ? k : n)) << 2;
	const cStride = (<usize>n) << 2;
	for (let item = 0; item < items; item++, a += aItem, b += bItem, c += cStride * <usize>m) {
		multiply(a, aStride, transposeA, b, bStride, transposeB, c, cStride, m, k, n, false, scratch);
	}
}
