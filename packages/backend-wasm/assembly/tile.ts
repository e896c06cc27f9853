// The products of small tiles that everything else is made of: 5 rows by 8 columns of the result stay in ten registers.
// With sixteen registers in all, this shape was the fastest of twenty that were measured on x86-64.
//
// V8 keeps the sums in registers only if nothing but plain stores uses them after the loop: a sum with C there, or a
// branch, makes it sink all arithmetic below all loads and spill, at half the speed. So C is loaded before the loop.

import { madd } from "./vector";

/** Rows of a tile. */
export const tileRows: i32 = 5;
/** Columns of a tile. */
export const tileColumns: i32 = 8;
/** Columns of a block of scores: a multiple of the tile's rows and of its columns. */
export const blockColumns: i32 = 80;
/** Bytes from row to row in a block of scores. */
export const blockStride: usize = 320;

/**
 * C[5, 8] = Σ_k A[k, 0..5] · B[k, 0..8], added to what is there or not.
 *
 * `aStep` and `bStep` are the bytes from k to k + 1: a packed panel has 20 and 32, columns of a row-major matrix have its
 * row stride. `stride` is the bytes from row to row of C.
 */
export function tile(
	a: usize,
	aStep: usize,
	b: usize,
	bStep: usize,
	count: i32,
	c: usize,
	stride: usize,
	accumulate: bool,
): void {
	const r1 = c + stride,
		r2 = r1 + stride,
		r3 = r2 + stride,
		r4 = r3 + stride;
	let c00 = f32x4.splat(0),
		c01 = c00,
		c10 = c00,
		c11 = c00,
		c20 = c00;
	let c21 = c00,
		c30 = c00,
		c31 = c00,
		c40 = c00,
		c41 = c00;
	if (accumulate) {
		c00 = v128.load(c);
		c01 = v128.load(c, 16);
		c10 = v128.load(r1);
		c11 = v128.load(r1, 16);
		c20 = v128.load(r2);
		c21 = v128.load(r2, 16);
		c30 = v128.load(r3);
		c31 = v128.load(r3, 16);
		c40 = v128.load(r4);
		c41 = v128.load(r4, 16);
	}
	for (const end = a + <usize>count * aStep; a != end; a += aStep, b += bStep) {
		const b0 = v128.load(b);
		const b1 = v128.load(b, 16);
		let x = v128.load32_splat(a);
		c00 = madd(x, b0, c00);
		c01 = madd(x, b1, c01);
		x = v128.load32_splat(a, 4);
		c10 = madd(x, b0, c10);
		c11 = madd(x, b1, c11);
		x = v128.load32_splat(a, 8);
		c20 = madd(x, b0, c20);
		c21 = madd(x, b1, c21);
		x = v128.load32_splat(a, 12);
		c30 = madd(x, b0, c30);
		c31 = madd(x, b1, c31);
		x = v128.load32_splat(a, 16);
		c40 = madd(x, b0, c40);
		c41 = madd(x, b1, c41);
	}
	v128.store(c, c00);
	v128.store(c, c01, 16);
	v128.store(r1, c10);
	v128.store(r1, c11, 16);
	v128.store(r2, c20);
	v128.store(r2, c21, 16);
	v128.store(r3, c30);
	v128.store(r3, c31, 16);
	v128.store(r4, c40);
	v128.store(r4, c41, 16);
}

/**
 * C[5, 8] += Σ_k A[0..5, k] · B[k, 0..8], where A is five rows of a block of scores, whose stride is known at compile
 * time: then one pointer serves all of them.
 */
export function addScoresTimes(a: usize, b: usize, bStep: usize, count: i32, c: usize, stride: usize): void {
	const r1 = c + stride,
		r2 = r1 + stride,
		r3 = r2 + stride,
		r4 = r3 + stride;
	let c00 = v128.load(c),
		c01 = v128.load(c, 16);
	let c10 = v128.load(r1),
		c11 = v128.load(r1, 16);
	let c20 = v128.load(r2),
		c21 = v128.load(r2, 16);
	let c30 = v128.load(r3),
		c31 = v128.load(r3, 16);
	let c40 = v128.load(r4),
		c41 = v128.load(r4, 16);
	for (const end = a + ((<usize>count) << 2); a != end; a += 4, b += bStep) {
		const b0 = v128.load(b);
		const b1 = v128.load(b, 16);
		let x = v128.load32_splat(a);
		c00 = madd(x, b0, c00);
		c01 = madd(x, b1, c01);
		x = v128.load32_splat(a, blockStride);
		c10 = madd(x, b0, c10);
		c11 = madd(x, b1, c11);
		x = v128.load32_splat(a, 2 * blockStride);
		c20 = madd(x, b0, c20);
		c21 = madd(x, b1, c21);
		x = v128.load32_splat(a, 3 * blockStride);
		c30 = madd(x, b0, c30);
		c31 = madd(x, b1, c31);
		x = v128.load32_splat(a, 4 * blockStride);
		c40 = madd(x, b0, c40);
		c41 = madd(x, b1, c41);
	}
	v128.store(c, c00);
	v128.store(c, c01, 16);
	v128.store(r1, c10);
	v128.store(r1, c11, 16);
	v128.store(r2, c20);
	v128.store(r2, c21, 16);
	v128.store(r3, c30);
	v128.store(r3, c31, 16);
	v128.store(r4, c40);
	v128.store(r4, c41, 16);
}

function putRow(c: usize, left: v128, right: v128, accumulate: bool): void {
	if (accumulate) {
		left = f32x4.add(left, v128.load(c));
		right = f32x4.add(right, v128.load(c, 16));
	}
	v128.store(c, left);
	v128.store(c, right, 16);
}

/** `C[0..columns] (+)= x[0..count] · B`, for one row against a row-major matrix. */
export function rowTimes(
	x: usize,
	b: usize,
	bStride: usize,
	count: i32,
	columns: i32,
	c: usize,
	accumulate: bool,
): void {
	const end = x + ((<usize>count) << 2);
	let j = 0;
	for (; j + 16 <= columns; j += 16, b += 64, c += 64) {
		let c0 = f32x4.splat(0),
			c1 = c0,
			c2 = c0,
			c3 = c0;
		for (let at = x, row = b; at != end; at += 4, row += bStride) {
			const factor = v128.load32_splat(at);
			c0 = madd(factor, v128.load(row), c0);
			c1 = madd(factor, v128.load(row, 16), c1);
			c2 = madd(factor, v128.load(row, 32), c2);
			c3 = madd(factor, v128.load(row, 48), c3);
		}
		putRow(c, c0, c1, accumulate);
		putRow(c + 32, c2, c3, accumulate);
	}
	for (; j + 4 <= columns; j += 4, b += 16, c += 16) {
		let c0 = f32x4.splat(0);
		for (let at = x, row = b; at != end; at += 4, row += bStride) {
			c0 = madd(v128.load32_splat(at), v128.load(row), c0);
		}
		v128.store(c, accumulate ? f32x4.add(c0, v128.load(c)) : c0);
	}
	for (; j < columns; j++, b += 4, c += 4) {
		let sum: f32 = 0;
		for (let at = x, row = b; at != end; at += 4, row += bStride) sum += load<f32>(at) * load<f32>(row);
		store<f32>(c, accumulate ? sum + load<f32>(c) : sum);
	}
}

/** `C[0..rows] = B · x`: one dot product for each row of a row-major matrix, four rows at a time. */
export function rowDots(
	x: usize,
	b: usize,
	bStride: usize,
	count: i32,
	rows: i32,
	c: usize,
	accumulate: bool,
): void {
	const whole = (<usize>(count & ~3)) << 2;
	const end = (<usize>count) << 2;
	let j = 0;
	for (; j + 4 <= rows; j += 4, b += 4 * bStride, c += 16) {
		let s0 = f32x4.splat(0),
			s1 = s0,
			s2 = s0,
			s3 = s0;
		const b1 = b + bStride;
		const b2 = b1 + bStride;
		const b3 = b2 + bStride;
		let at: usize = 0;
		for (; at != whole; at += 16) {
			const factor = v128.load(x + at);
			s0 = madd(factor, v128.load(b + at), s0);
			s1 = madd(factor, v128.load(b1 + at), s1);
			s2 = madd(factor, v128.load(b2 + at), s2);
			s3 = madd(factor, v128.load(b3 + at), s3);
		}
		// The four sums, each over its lanes: two rounds of adding neighbours.
		const low = f32x4.add(i32x4.shuffle(s0, s1, 0, 4, 1, 5), i32x4.shuffle(s0, s1, 2, 6, 3, 7));
		const high = f32x4.add(i32x4.shuffle(s2, s3, 0, 4, 1, 5), i32x4.shuffle(s2, s3, 2, 6, 3, 7));
		let sums = f32x4.add(i64x2.shuffle(low, high, 0, 2), i64x2.shuffle(low, high, 1, 3));
		for (; at != end; at += 4) {
			const rest = f32x4(load<f32>(b + at), load<f32>(b1 + at), load<f32>(b2 + at), load<f32>(b3 + at));
			sums = madd(v128.load32_splat(x + at), rest, sums);
		}
		v128.store(c, accumulate ? f32x4.add(sums, v128.load(c)) : sums);
	}
	for (; j < rows; j++, b += bStride, c += 4) {
		let s0 = f32x4.splat(0);
		let at: usize = 0;
		for (; at != whole; at += 16) s0 = madd(v128.load(x + at), v128.load(b + at), s0);
		let sum = f32x4.extract_lane(s0, 0) + f32x4.extract_lane(s0, 1);
		sum += f32x4.extract_lane(s0, 2) + f32x4.extract_lane(s0, 3);
		for (; at != end; at += 4) sum += load<f32>(x + at) * load<f32>(b + at);
		store<f32>(c, accumulate ? sum + load<f32>(c) : sum);
	}
}
