// Arithmetic on four float32 at a time, inlined everywhere.

/** Rounds to a whole number when it is added and taken away again, and leaves that number, plus float32's bias, in the low bits. */
const round: f32 = 12582912.0 + 127.0; // 1.5 · 2²³

/** `a · b + c`; where the engine has relaxed SIMD, in one instruction and perhaps without rounding in between. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
	if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
	return f32x4.add(f32x4.mul(a, b), c);
}

/**
 * e^x for x up to 88, exactly 0 from -88 down; NaN stays NaN. The error is 2e-7 of the value plus what rounding x itself, to
 * 24 bits, would make.
 *
 *     n = round(x / ln 2)      f = x / ln 2 - n      e^x = 2^n · 2^f,  2^f by a polynomial of degree 5 on [-½, ½]
 *
 * Latency is what limits it, so the polynomial is evaluated as a tree, and 2^-127 is the bits 0: no comparison is needed.
 */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
	// pmax: one instruction, and a NaN in its first place stays.
	const y = f32x4.pmax(f32x4.mul(x, f32x4.splat(1.44269504)), f32x4.splat(-127));
	const t = f32x4.add(y, f32x4.splat(round));
	const f = f32x4.sub(y, f32x4.sub(t, f32x4.splat(round)));
	const square = f32x4.mul(f, f);
	const low = madd(f, f32x4.splat(0.693147004), f32x4.splat(1));
	const middle = madd(f, f32x4.splat(0.0555073359), f32x4.splat(0.240222424));
	const high = madd(f, f32x4.splat(0.00132647273), f32x4.splat(0.00967151299));
	return f32x4.mul(madd(square, madd(square, high, middle), low), i32x4.shl(t, 23));
}

// @ts-ignore: decorator
@inline
export function expOf(x: f32): f32 {
	return f32x4.extract_lane(exp(f32x4.splat(x)), 0);
}

/**
 * tanh x. Lambert's continued fraction, cut after y⁷, is exact to float32 for |y| < 2.4, and doubling the argument twice
 * brings every x there, because float32's tanh is 1 from 9.02 on:
 *
 *     tanh y ≈ p / q,  p = y (135135 + 17325 y² + 378 y⁴ + y⁶),  q = 135135 + 62370 y² + 3150 y⁴ + 28 y⁶
 *     tanh 2y = 2 p q / (q² + p²)
 */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
	const limit = f32x4.splat(9.5);
	const y = f32x4.mul(f32x4.max(f32x4.min(x, limit), f32x4.neg(limit)), f32x4.splat(0.25));
	const s = f32x4.mul(y, y);
	// Scaled by 1 / 135135, or q² would leave float32's exact range.
	let p = madd(s, f32x4.splat(7.4000074e-6), f32x4.splat(2.79720279e-3));
	p = madd(p, s, f32x4.splat(0.128205128));
	p = f32x4.mul(y, madd(p, s, f32x4.splat(1.0)));
	let q = madd(s, f32x4.splat(2.07200207e-4), f32x4.splat(2.33100233e-2));
	q = madd(q, s, f32x4.splat(0.461538462));
	q = madd(q, s, f32x4.splat(1.0));
	const p2 = f32x4.mul(f32x4.splat(2), f32x4.mul(p, q)); // tanh 2y = p2 / q2
	const q2 = madd(q, q, f32x4.mul(p, p));
	const p4 = f32x4.mul(f32x4.splat(2), f32x4.mul(p2, q2));
	return f32x4.div(p4, madd(q2, q2, f32x4.mul(p2, p2)));
}

/** 1 / (1 + e^-x), without overflow: the exponential is taken of -|x| only. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
	const one = f32x4.splat(1.0);
	const e = exp(f32x4.neg(f32x4.abs(x)));
	const denominator = f32x4.add(one, e);
	return f32x4.div(v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0))), denominator);
}

/** ln x for a normal positive x: exponent and mantissa apart, `ln m = 2 artanh((m - 1) / (m + 1))`. */
export function logOf(x: f32): f32 {
	const bits = reinterpret<i32>(x);
	// The exponent that leaves the mantissa in [1/√2, √2).
	const exponent = (bits - 0x3f3504f3) >> 23;
	const m = <f64>reinterpret<f32>(bits - (exponent << 23));
	const s = (m - 1) / (m + 1);
	const z = s * s;
	let sum: f64 = 1.0 / 13;
	sum = sum * z + 1.0 / 11;
	sum = sum * z + 1.0 / 9;
	sum = sum * z + 1.0 / 7;
	sum = sum * z + 1.0 / 5;
	sum = sum * z + 1.0 / 3;
	sum = sum * z + 1.0;
	const result = 2 * s * sum + <f64>exponent * 0.6931471805599453;
	return x > 0 && x < <f32>Infinity ? <f32>result : x; // 0 does not come, NaN and Infinity stay
}

// @ts-ignore: decorator
@inline
export function sumOf(x: v128): f32 {
	const pairs = f32x4.add(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
	return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The largest of four; NaN if one of them is NaN. */
// @ts-ignore: decorator
@inline
export function maxOf(x: v128): f32 {
	const pairs = f32x4.max(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
	return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}
