// Products channel by channel, for neighbours that lie `…Step` bytes apart. Sixteen channels are taken at a time.

import { madd } from "../vector";

/** `sums[c] += Σ_i a[i][c] · b[i][c]`. */
export function addProductSums(
	a: usize,
	aStep: usize,
	b: usize,
	bStep: usize,
	count: i32,
	channels: i32,
	sums: usize,
): void {
	const bytes = <usize>count * bStep;
	let c = 0;
	for (; c + 16 <= channels; c += 16, a += 64, b += 64, sums += 64) {
		let s0 = v128.load(sums),
			s1 = v128.load(sums, 16),
			s2 = v128.load(sums, 32),
			s3 = v128.load(sums, 48);
		for (let p = a, q = b, end = b + bytes; q != end; p += aStep, q += bStep) {
			s0 = madd(v128.load(p), v128.load(q), s0);
			s1 = madd(v128.load(p, 16), v128.load(q, 16), s1);
			s2 = madd(v128.load(p, 32), v128.load(q, 32), s2);
			s3 = madd(v128.load(p, 48), v128.load(q, 48), s3);
		}
		v128.store(sums, s0);
		v128.store(sums, s1, 16);
		v128.store(sums, s2, 32);
		v128.store(sums, s3, 48);
	}
	for (; c + 4 <= channels; c += 4, a += 16, b += 16, sums += 16) {
		let sum = v128.load(sums);
		for (let p = a, q = b, end = b + bytes; q != end; p += aStep, q += bStep) {
			sum = madd(v128.load(p), v128.load(q), sum);
		}
		v128.store(sums, sum);
	}
	for (; c < channels; c++, a += 4, b += 4, sums += 4) {
		let sum = load<f32>(sums);
		for (let p = a, q = b, end = b + bytes; q != end; p += aStep, q += bStep)
			sum += load<f32>(p) * load<f32>(q);
		store<f32>(sums, sum);
	}
}

/** `to[i][c] += factors[c] · from[i][c]`. */
export function addProducts(
	factors: usize,
	from: usize,
	fromStep: usize,
	count: i32,
	channels: i32,
	to: usize,
	toStep: usize,
): void {
	const bytes = <usize>count * fromStep;
	let c = 0;
	for (; c + 16 <= channels; c += 16, from += 64, to += 64, factors += 64) {
		const f0 = v128.load(factors),
			f1 = v128.load(factors, 16);
		const f2 = v128.load(factors, 32),
			f3 = v128.load(factors, 48);
		for (let p = from, q = to, end = from + bytes; p != end; p += fromStep, q += toStep) {
			v128.store(q, madd(f0, v128.load(p), v128.load(q)));
			v128.store(q, madd(f1, v128.load(p, 16), v128.load(q, 16)), 16);
			v128.store(q, madd(f2, v128.load(p, 32), v128.load(q, 32)), 32);
			v128.store(q, madd(f3, v128.load(p, 48), v128.load(q, 48)), 48);
		}
	}
	for (; c + 4 <= channels; c += 4, from += 16, to += 16, factors += 16) {
		const factor = v128.load(factors);
		for (let p = from, q = to, end = from + bytes; p != end; p += fromStep, q += toStep) {
			v128.store(q, madd(factor, v128.load(p), v128.load(q)));
		}
	}
	for (; c < channels; c++, from += 4, to += 4, factors += 4) {
		const factor = load<f32>(factors);
		for (let p = from, q = to, end = from + bytes; p != end; p += fromStep, q += toStep) {
			store<f32>(q, load<f32>(q) + factor * load<f32>(p));
		}
	}
}
