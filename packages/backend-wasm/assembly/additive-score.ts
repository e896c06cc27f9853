// The additive score v · tanh(query + key) and its gradients (@heed/core's `additiveScore`), without ever holding the
// [B, Tq, Tk, U] numbers in between: the backward pass computes the tanh again.
//
//     s = Σ_u v tanh(q + k)      dq = Σ_j ds v (1 - t²)      dk = Σ_i ds v (1 - t²)      dv = Σ_ij ds t      (t = tanh(q + k))

import { read, sumOf, tanh, write } from "./vector";

export function additiveScore(
	query: usize, // [B, Tq, U]
	key: usize, // [B, Tk, U]
	v: usize, // [U]
	batch: i32,
	queries: i32,
	keys: i32,
	units: i32,
	scores: usize, // [B, Tq, Tk]
): void {
	const row = (<usize>units) << 2;
	for (let b = 0; b < batch; b++, key += <usize>keys * row) {
		for (let i = 0; i < queries; i++, query += row) {
			for (let j = 0, k = key; j < keys; j++, k += row, scores += 4)
				store<f32>(scores, scoreOf(query, k, v, row));
		}
	}
}

/** One score; `row` is the bytes of a vector. */
export function scoreOf(query: usize, key: usize, v: usize, row: usize): f32 {
	let sum = f32x4.splat(0);
	const whole = row & ~15;
	for (let at: usize = 0; at < row; at += at < whole ? 16 : 4) {
		const full = at < whole;
		const t = tanh(f32x4.add(read(query + at, full), read(key + at, full)));
		sum = f32x4.add(sum, f32x4.mul(read(v + at, full), t)); // what is read beyond the end is 0
	}
	return sumOf(sum);
}

/** The gradients are summed, so they are zeroed first. */
export function additiveScoreGrad(
	upstream: usize, // [B, Tq, Tk]
	query: usize,
	key: usize,
	v: usize,
	batch: i32,
	queries: i32,
	keys: i32,
	units: i32,
	queryGrad: usize,
	keyGrad: usize,
	vGrad: usize,
): void {
	const row = (<usize>units) << 2;
	memory.fill(queryGrad, 0, <usize>(batch * queries) * row);
	memory.fill(keyGrad, 0, <usize>(batch * keys) * row);
	memory.fill(vGrad, 0, row);
	for (let b = 0; b < batch; b++, key += <usize>keys * row, keyGrad += <usize>keys * row) {
		for (let i = 0; i < queries; i++, query += row, queryGrad += row) {
			for (let j = 0, at: usize = 0; j < keys; j++, at += row, upstream += 4) {
				scoreGrad(load<f32>(upstream), query, key + at, v, row, queryGrad, keyGrad + at, vGrad);
			}
		}
	}
}

/** What one score adds to the gradients. */
export function scoreGrad(
	upstream: f32,
	query: usize,
	key: usize,
	v: usize,
	row: usize,
	queryGrad: usize,
	keyGrad: usize,
	vGrad: usize,
): void {
	const d = f32x4.splat(upstream);
	const one = f32x4.splat(1);
	const whole = row & ~15;
	for (let at: usize = 0; at < row; at += at < whole ? 16 : 4) {
		const full = at < whole;
		const t = tanh(f32x4.add(read(query + at, full), read(key + at, full)));
		const w = f32x4.mul(f32x4.mul(d, read(v + at, full)), f32x4.sub(one, f32x4.mul(t, t)));
		write(queryGrad + at, f32x4.add(read(queryGrad + at, full), w), full);
		write(keyGrad + at, f32x4.add(read(keyGrad + at, full), w), full);
		write(vGrad + at, f32x4.add(read(vGrad + at, full), f32x4.mul(d, t)), full);
	}
}
