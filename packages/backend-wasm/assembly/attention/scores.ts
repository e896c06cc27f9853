// From products to scores, for one row of a block: softcap, bias and masks, in this order on every path.

import { maxOf, tanh } from "../vector";
import { Problem } from "./problem";
import { Row } from "./rows";

/** Stands for a hidden score: finite, so that no arithmetic with infinities can make a NaN. */
export const hidden: f32 = -3.4e38;
/** A bias of this or less hides its key, so that exporters' -3.4e38 and -Infinity mean the same. */
const hidingBias: f32 = -1e30;

/** c · tanh(x / c) on `count` scores (rounded up to four). */
export function cap(scores: usize, count: i32, softcap: f32): void {
	const c = f32x4.splat(softcap);
	const inverse = f32x4.splat(1 / softcap);
	for (let j = 0; j < count; j += 4, scores += 16) {
		v128.store(scores, f32x4.mul(c, tanh(f32x4.mul(v128.load(scores), inverse))));
	}
}

/**
 * Adds the bias of keys `first + from .. first + to - 1` of a row to its scores, and hides what bias, mask and range hide,
 * up to `count` rounded up to four.
 */
export function biasAndHide(
	problem: Problem,
	row: Row,
	scores: usize,
	first: i32,
	from: i32,
	to: i32,
	count: i32,
): void {
	if (row.bias != 0) addBias(row.bias, problem.biasKey, scores, first, from, to);
	if (row.mask != 0) hideMasked(row.mask, problem.maskKey, scores, first, from, to);
	for (let j = 0; j < from; j++) store<f32>(scores + ((<usize>j) << 2), hidden);
	const end = (count + 3) & ~3;
	for (let j = to; j < end; j++) store<f32>(scores + ((<usize>j) << 2), hidden);
}

function addBias(bias: usize, stride: i32, scores: usize, first: i32, from: i32, to: i32): void {
	if (stride == 0) {
		const x = load<f32>(bias);
		if (x == 0) return;
		for (let j = from; j < to; j++) {
			const at = scores + ((<usize>j) << 2);
			store<f32>(at, x <= hidingBias ? hidden : load<f32>(at) + x);
		}
		return;
	}
	let at = scores + ((<usize>from) << 2);
	let source = bias + ((<usize>(first + from)) << 2);
	let j = from;
	for (; j + 4 <= to; j += 4, at += 16, source += 16) {
		const x = v128.load(source);
		const sum = f32x4.add(v128.load(at), x);
		v128.store(at, v128.bitselect(f32x4.splat(hidden), sum, f32x4.le(x, f32x4.splat(hidingBias))));
	}
	for (; j < to; j++, at += 4, source += 4) {
		const x = load<f32>(source);
		store<f32>(at, x <= hidingBias ? hidden : load<f32>(at) + x);
	}
}

function hideMasked(mask: usize, stride: i32, scores: usize, first: i32, from: i32, to: i32): void {
	if (stride == 0) {
		if (load<u8>(mask) != 0) return;
		for (let j = from; j < to; j++) store<f32>(scores + ((<usize>j) << 2), hidden);
		return;
	}
	let at = scores + ((<usize>from) << 2);
	let source = mask + <usize>(first + from);
	let j = from;
	for (; j + 4 <= to; j += 4, at += 16, source += 4) {
		const bytes = i16x8.extend_low_i8x16_u(v128.load32_zero(source));
		const off = i32x4.eq(i32x4.extend_low_i16x8_u(bytes), i32x4.splat(0));
		v128.store(at, v128.bitselect(f32x4.splat(hidden), v128.load(at), off));
	}
	for (; j < to; j++, at += 4, source++) if (load<u8>(source) == 0) store<f32>(at, hidden);
}

/** The largest of at least four scores, whose number is a multiple of four. A NaN may be passed over: its exponential shows. */
export function largestOf(scores: usize, end: usize): f32 {
	let a = v128.load(scores);
	let b = a;
	let at = scores + 16;
	for (; at + 32 <= end; at += 32) {
		a = f32x4.pmax(a, v128.load(at));
		b = f32x4.pmax(b, v128.load(at, 16));
	}
	if (at < end) a = f32x4.pmax(a, v128.load(at));
	return maxOf(f32x4.pmax(a, b));
}
