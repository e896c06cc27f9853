// Copies of matrices in the order in which the tiles read them. What lies beyond the matrix becomes zero.

import { tileColumns, tileRows } from "./tile";

/** Bytes of `count` columns in panels, for each row of a panel. */
export function panelBytes(count: i32, depth: i32): usize {
	return <usize>((count + tileColumns - 1) / tileColumns) * <usize>depth * 32;
}

function transposeTo(r0: v128, r1: v128, r2: v128, r3: v128, to: usize, step: usize): void {
	const low01 = i32x4.shuffle(r0, r1, 0, 4, 1, 5);
	const high01 = i32x4.shuffle(r0, r1, 2, 6, 3, 7);
	const low23 = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
	const high23 = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
	v128.store(to, i64x2.shuffle(low01, low23, 0, 2));
	v128.store(to + step, i64x2.shuffle(low01, low23, 1, 3));
	v128.store(to + 2 * step, i64x2.shuffle(high01, high23, 0, 2));
	v128.store(to + 3 * step, i64x2.shuffle(high01, high23, 1, 3));
}

/**
 * Panels of eight: `to[j / 8][k][j % 8] = rows[j][k]`, for `count` rows that lie row-major, `stride` bytes apart. These are
 * the columns of a transposed right operand, such as the keys of attention.
 */
export function packTransposed(from: usize, stride: usize, count: i32, depth: i32, to: usize): void {
	let j = 0;
	for (; j + 8 <= count; j += 8, from += 8 * stride) {
		let k = 0;
		let at = from;
		for (; k + 4 <= depth; k += 4, at += 16, to += 128) {
			let row = at;
			const r0 = v128.load(row);
			const r1 = v128.load((row += stride));
			const r2 = v128.load((row += stride));
			const r3 = v128.load((row += stride));
			transposeTo(r0, r1, r2, r3, to, 32);
			const r4 = v128.load((row += stride));
			const r5 = v128.load((row += stride));
			const r6 = v128.load((row += stride));
			const r7 = v128.load((row += stride));
			transposeTo(r4, r5, r6, r7, to + 16, 32);
		}
		for (; k < depth; k++, at += 4, to += 32) {
			for (let c: usize = 0, row = at; c < 32; c += 4, row += stride) store<f32>(to + c, load<f32>(row));
		}
	}
	if (j < count) {
		const left = (<usize>(count - j)) << 2;
		for (let k = 0; k < depth; k++, from += 4, to += 32) {
			for (let c: usize = 0, row = from; c < 32; c += 4, row += stride) {
				store<f32>(to + c, c < left ? load<f32>(row) : 0);
			}
		}
	}
}

/** Panels of eight of a right operand that lies row-major: `to[j / 8][k][j % 8] = rows[k][j]`. */
export function packColumns(from: usize, stride: usize, count: i32, depth: i32, to: usize): void {
	let j = 0;
	for (; j + 8 <= count; j += 8, from += 32) {
		for (let k = 0, at = from; k < depth; k++, at += stride, to += 32) {
			v128.store(to, v128.load(at));
			v128.store(to, v128.load(at, 16), 16);
		}
	}
	if (j < count) {
		const left = (<usize>(count - j)) << 2;
		for (let k = 0; k < depth; k++, from += stride, to += 32) {
			for (let c: usize = 0; c < 32; c += 4) store<f32>(to + c, c < left ? load<f32>(from + c) : 0);
		}
	}
}

/** One panel of five rows of a left operand: `to[k][i] = scale · rows[i][k]`; `count` of them are there. */
export function packRows(from: usize, stride: usize, count: i32, depth: i32, scale: f32, to: usize): void {
	if (count == tileRows) {
		const factor = f32x4.splat(scale);
		let k = 0;
		for (; k + 4 <= depth; k += 4, from += 16, to += 80) {
			let row = from;
			const r0 = f32x4.mul(factor, v128.load(row));
			const r1 = f32x4.mul(factor, v128.load((row += stride)));
			const r2 = f32x4.mul(factor, v128.load((row += stride)));
			const r3 = f32x4.mul(factor, v128.load((row += stride)));
			transposeTo(r0, r1, r2, r3, to, 20);
			const r4 = f32x4.mul(factor, v128.load((row += stride)));
			store<f32>(to + 16, f32x4.extract_lane(r4, 0));
			store<f32>(to + 36, f32x4.extract_lane(r4, 1));
			store<f32>(to + 56, f32x4.extract_lane(r4, 2));
			store<f32>(to + 76, f32x4.extract_lane(r4, 3));
		}
		for (; k < depth; k++, from += 4, to += 20) {
			for (let c: usize = 0, row = from; c < 20; c += 4, row += stride)
				store<f32>(to + c, scale * load<f32>(row));
		}
		return;
	}
	const left = (<usize>count) << 2;
	for (let k = 0; k < depth; k++, from += 4, to += 20) {
		for (let c: usize = 0, row = from; c < 20; c += 4, row += stride) {
			store<f32>(to + c, c < left ? scale * load<f32>(row) : 0);
		}
	}
}

/** The same of a left operand that lies transposed: `to[k][i] = columns[k][i]`. */
export function packTransposedRows(from: usize, stride: usize, count: i32, depth: i32, to: usize): void {
	if (count == tileRows) {
		for (let k = 0; k < depth; k++, from += stride, to += 20) {
			v128.store(to, v128.load(from));
			store<f32>(to + 16, load<f32>(from + 16));
		}
		return;
	}
	const left = (<usize>count) << 2;
	for (let k = 0; k < depth; k++, from += stride, to += 20) {
		for (let c: usize = 0; c < 20; c += 4) store<f32>(to + c, c < left ? load<f32>(from + c) : 0);
	}
}

/** Rows `columns` wide, times `scale`, to rows of `toStride` bytes whose rest is zero. */
export function copyRows(
	from: usize,
	stride: usize,
	rows: i32,
	columns: i32,
	scale: f32,
	to: usize,
	toStride: usize,
): void {
	const factor = f32x4.splat(scale);
	const whole = (<usize>(columns & ~3)) << 2;
	const end = (<usize>columns) << 2;
	for (let i = 0; i < rows; i++, from += stride, to += toStride) {
		let at: usize = 0;
		for (; at < whole; at += 16) v128.store(to + at, f32x4.mul(factor, v128.load(from + at)));
		for (; at < end; at += 4) store<f32>(to + at, scale * load<f32>(from + at));
		for (; at < toStride; at += 4) store<f32>(to + at, 0);
	}
}
