// Arithmetic on four float32 at a time. All of it is small enough for the compiler to inline, which speed depends on.

/** Rounds to a whole number when it is added and taken away again, and leaves that number, plus float32's bias, in the low bits. */
const round: f32 = 12582912.0 + 127.0; // 1.5 · 2²³

/** `a · b + c`; where the engine has relaxed SIMD, in one instruction and perhaps without rounding in between. */
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
export function exp(x: v128): v128 {
	// pmax: one instruction, and a NaN in its first place stays.
	return exp2(f32x4.pmax(f32x4.mul(x, f32x4.splat(1.44269504)), f32x4.splat(-127)));
}

/** 2^y for y from -127, which gives 0, to 128, which gives Infinity. */
function exp2(y: v128): v128 {
	const t = f32x4.add(y, f32x4.splat(round));
	const f = f32x4.sub(y, f32x4.sub(t, f32x4.splat(round)));
	const square = f32x4.mul(f, f);
	const low = madd(f, f32x4.splat(0.693147004), f32x4.splat(1));
	const middle = madd(f, f32x4.splat(0.0555073359), f32x4.splat(0.240222424));
	const high = madd(f, f32x4.splat(0.00132647273), f32x4.splat(0.00967151299));
	return f32x4.mul(madd(square, madd(square, high, middle), low), i32x4.shl(t, 23));
}

/** The same for every x: Infinity where float32 ends. Computes e^x / 2 first, or 2^128 would come too early. */
export function expWide(x: v128): v128 {
	const y = f32x4.pmin(
		f32x4.pmax(f32x4.sub(f32x4.mul(x, f32x4.splat(1.44269504)), f32x4.splat(1)), f32x4.splat(-127)),
		f32x4.splat(128),
	);
	return f32x4.mul(exp2(y), f32x4.splat(2));
}

export function expOf(x: f32): f32 {
	return f32x4.extract_lane(exp(f32x4.splat(x)), 0);
}

/**
 * tanh x to 3e-7 of its value, and never beyond ±1: with y = 2|x| / ln 2, n = round(y) and f = y - n as in {@link exp},
 *
 *     e = e^2|x| - 1 = 2^n (2^f - 1) + (2^n - 1)      tanh |x| = e / (e + 2)
 *
 * where 2^f - 1 = f q(f) keeps its digits however small f is.
 */
export function tanh(x: v128): v128 {
	const y = f32x4.pmin(f32x4.mul(f32x4.abs(x), f32x4.splat(2.88539008)), f32x4.splat(60)); // a NaN stays
	const t = f32x4.add(y, f32x4.splat(round));
	const f = f32x4.sub(y, f32x4.sub(t, f32x4.splat(round)));
	const square = f32x4.mul(f, f);
	const low = madd(f, f32x4.splat(0.240226492), f32x4.splat(0.693147182));
	const middle = madd(f, f32x4.splat(0.00961823761), f32x4.splat(0.0555035733));
	const high = madd(f, f32x4.splat(0.000154035122), f32x4.splat(0.00133907353));
	const power = i32x4.shl(t, 23);
	const e = madd(
		power,
		f32x4.mul(f, madd(square, madd(square, high, middle), low)),
		f32x4.sub(power, f32x4.splat(1)),
	);
	return v128.bitselect(x, f32x4.div(e, f32x4.add(e, f32x4.splat(2))), i32x4.splat(0x80000000)); // with the sign of x
}

/** 1 / (1 + e^-x), without overflow: the exponential is taken of -|x| only. */
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

export function sumOf(x: v128): f32 {
	const pairs = f32x4.add(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
	return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The largest of four; NaN if one of them is NaN. */
export function maxOf(x: v128): f32 {
	const pairs = f32x4.max(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
	return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/** Four numbers, or the one that is left at the end of a row. */
export function read(at: usize, full: bool): v128 {
	return full ? v128.load(at) : v128.load32_zero(at);
}

/** The counterpart of {@link read}. */
export function write(at: usize, x: v128, full: bool): void {
	if (full) v128.store(at, x);
	else v128.store32_lane(at, x, 0);
}
