// Sums over one axis of a tensor that is seen as [outer, count, inner].

import { sumOf } from "./vector";

/** to[o, i] = Σ_c x[o, c, i]. */
export function sumAxis(x: usize, outer: i32, count: i32, inner: i32, to: usize): void {
	if (inner == 1) {
		for (let o = 0; o < outer; o++, x += (<usize>count) << 2, to += 4) store<f32>(to, sumRow(x, count));
		return;
	}
	const bytes = (<usize>inner) << 2;
	for (let o = 0; o < outer; o++, to += bytes) {
		memory.copy(to, x, bytes);
		x += bytes;
		let c = 1;
		for (; c + 4 <= count; c += 4, x += 4 * bytes) addFourRows(x, bytes, to);
		for (; c < count; c++, x += bytes) addRow(x, bytes, to);
	}
}

/** Σ x. Pieces are summed in float32, sixteen numbers at a time, and the pieces in float64: long sums stay exact. */
export function sumRow(x: usize, count: i32): f32 {
	let total: f64 = 0;
	for (let left = count; left > 0; left -= piece, x += (<usize>piece) << 2)
		total += sumPiece(x, min(left, piece));
	return <f32>total;
}

const piece: i32 = 256;

function sumPiece(x: usize, count: i32): f32 {
	let a = f32x4.splat(0),
		b = a,
		c = a,
		d = a;
	let left = count;
	for (; left >= 16; left -= 16, x += 64) {
		a = f32x4.add(a, v128.load(x));
		b = f32x4.add(b, v128.load(x, 16));
		c = f32x4.add(c, v128.load(x, 32));
		d = f32x4.add(d, v128.load(x, 48));
	}
	for (; left >= 4; left -= 4, x += 16) a = f32x4.add(a, v128.load(x));
	let sum = sumOf(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
	for (; left > 0; left--, x += 4) sum += load<f32>(x);
	return sum;
}

function addFourRows(x: usize, bytes: usize, to: usize): void {
	const whole = bytes & ~15;
	let at: usize = 0;
	for (; at < whole; at += 16) {
		const row = x + at;
		const low = f32x4.add(v128.load(row), v128.load(row + bytes));
		const high = f32x4.add(v128.load(row + 2 * bytes), v128.load(row + 3 * bytes));
		v128.store(to + at, f32x4.add(v128.load(to + at), f32x4.add(low, high)));
	}
	for (; at < bytes; at += 4) {
		const row = x + at;
		const low = load<f32>(row) + load<f32>(row + bytes);
		const high = load<f32>(row + 2 * bytes) + load<f32>(row + 3 * bytes);
		store<f32>(to + at, load<f32>(to + at) + (low + high));
	}
}

function addRow(x: usize, bytes: usize, to: usize): void {
	const whole = bytes & ~15;
	let at: usize = 0;
	for (; at < whole; at += 16) v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(x + at)));
	for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(to + at) + load<f32>(x + at));
}
