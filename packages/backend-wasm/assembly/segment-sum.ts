// Rows that are added up by segment.

import { addRuns } from "./runs";

// The numbers of src/kernels/unsorted-segment-sum.ts.
const float32: i32 = 0;
const int32: i32 = 1;

/**
 * to[s, j] = Σ x[n, j] over all n with ids[n] = s, for `rows` rows of `width` numbers; ids outside of 0 .. segments - 1 are
 * dropped. `type` says what x is: float32, int32, which stays int32, or bytes, which are counted in float32.
 */
export function segmentSum(
	x: usize,
	ids: usize,
	rows: i32,
	width: i32,
	segments: i32,
	to: usize,
	type: i32,
): void {
	const bytes = (<usize>width) << 2;
	memory.fill(to, 0, <usize>segments * bytes);
	const step = type == float32 || type == int32 ? bytes : <usize>width;
	for (let row = 0; row < rows; row++, x += step, ids += 4) {
		const segment = load<u32>(ids);
		if (segment >= <u32>segments) continue;
		const target = to + <usize>segment * bytes;
		if (type == float32) addRuns(x, 0, target, 0, bytes, 1);
		else if (type == int32) addIntegers(x, target, bytes);
		else addBytes(x, target, bytes);
	}
}

function addIntegers(from: usize, to: usize, bytes: usize): void {
	const whole = bytes & ~15;
	let at: usize = 0;
	for (; at < whole; at += 16) v128.store(to + at, i32x4.add(v128.load(to + at), v128.load(from + at)));
	for (; at < bytes; at += 4) store<i32>(to + at, load<i32>(to + at) + load<i32>(from + at));
}

function addBytes(from: usize, to: usize, bytes: usize): void {
	for (const end = to + bytes; to < end; to += 4, from++) store<f32>(to, load<f32>(to) + <f32>load<u8>(from));
}
