// What follows a product: a bias for each column, and an activation.

import { sigmoid } from "./vector";

// The numbers of src/kernels/fused-mat-mul.ts.
const relu: i32 = 1;
const relu6: i32 = 2;
const leakyRelu: i32 = 3;
const sigmoidal: i32 = 4;

/** x = activation(x + bias) for `rows` of `columns` numbers without gaps. `bias` is 0 for none; `alpha` is leaky ReLU's slope. */
export function biasAndActivate(
	x: usize,
	rows: i32,
	columns: i32,
	bias: usize,
	activation: i32,
	alpha: f32,
): void {
	const whole = (<usize>(columns & ~3)) << 2;
	const end = (<usize>columns) << 2;
	for (let i = 0; i < rows; i++, x += end) {
		let at: usize = 0;
		for (; at < whole; at += 16) {
			let y = v128.load(x + at);
			if (bias != 0) y = f32x4.add(y, v128.load(bias + at));
			v128.store(x + at, activate(y, activation, alpha));
		}
		for (; at < end; at += 4) {
			let y = load<f32>(x + at);
			if (bias != 0) y += load<f32>(bias + at);
			store<f32>(x + at, f32x4.extract_lane(activate(f32x4.splat(y), activation, alpha), 0));
		}
	}
}

function activate(x: v128, activation: i32, alpha: f32): v128 {
	const zero = f32x4.splat(0);
	// pmax and pmin keep a NaN that stands in the first place.
	if (activation == relu) return f32x4.pmax(x, zero);
	if (activation == relu6) return f32x4.pmin(f32x4.pmax(x, zero), f32x4.splat(6));
	if (activation == leakyRelu) return v128.bitselect(f32x4.mul(x, f32x4.splat(alpha)), x, f32x4.lt(x, zero));
	if (activation == sigmoidal) return sigmoid(x);
	return x;
}
