// One update of Adam (@heed/core's ADAM_STEP), in one pass over the numbers.

import { madd, read, write } from "./vector";

/** Below this a mean becomes 0: numbers under 1e-38 are many times slower to compute with. */
const negligible: f32 = 1e-30;

export function adamStep(
	weights: usize,
	gradient: usize,
	mean: usize,
	square: usize,
	count: i32,
	beta1: f32,
	beta2: f32,
	rate: f32,
	epsilon: f32,
	keep: f32,
	newWeights: usize,
	newMean: usize,
	newSquare: usize,
): void {
	const b1 = f32x4.splat(beta1);
	const b2 = f32x4.splat(beta2);
	const bytes = (<usize>count) << 2;
	const whole = bytes & ~15;
	for (let at: usize = 0; at < bytes; at += at < whole ? 16 : 4) {
		const full = at < whole;
		const g = read(gradient + at, full);
		let m = madd(b1, read(mean + at, full), g);
		m = v128.andnot(m, f32x4.lt(f32x4.abs(m), f32x4.splat(negligible)));
		const s = madd(b2, read(square + at, full), f32x4.mul(g, g));
		const change = f32x4.div(f32x4.mul(f32x4.splat(rate), m), f32x4.add(f32x4.sqrt(s), f32x4.splat(epsilon)));
		write(newWeights + at, f32x4.sub(f32x4.mul(f32x4.splat(keep), read(weights + at, full)), change), full);
		write(newMean + at, m, full);
		write(newSquare + at, s, full);
	}
}
