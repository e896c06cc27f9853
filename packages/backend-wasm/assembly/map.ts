// Functions of single numbers over whole tensors.

import { expWide, sigmoid, tanh } from "./vector";

export function tanhAll(x: usize, count: i32, to: usize): void {
	const whole = x + ((<usize>(count & ~3)) << 2);
	for (; x < whole; x += 16, to += 16) v128.store(to, tanh(v128.load(x)));
	for (const end = whole + ((<usize>(count & 3)) << 2); x < end; x += 4, to += 4) {
		store<f32>(to, f32x4.extract_lane(tanh(f32x4.splat(load<f32>(x))), 0));
	}
}

export function sigmoidAll(x: usize, count: i32, to: usize): void {
	const whole = x + ((<usize>(count & ~3)) << 2);
	for (; x < whole; x += 16, to += 16) v128.store(to, sigmoid(v128.load(x)));
	for (const end = whole + ((<usize>(count & 3)) << 2); x < end; x += 4, to += 4) {
		store<f32>(to, f32x4.extract_lane(sigmoid(f32x4.splat(load<f32>(x))), 0));
	}
}

export function expAll(x: usize, count: i32, to: usize): void {
	const whole = x + ((<usize>(count & ~3)) << 2);
	for (; x < whole; x += 16, to += 16) v128.store(to, expWide(v128.load(x)));
	for (const end = whole + ((<usize>(count & 3)) << 2); x < end; x += 4, to += 4) {
		store<f32>(to, f32x4.extract_lane(expWide(f32x4.splat(load<f32>(x))), 0));
	}
}
