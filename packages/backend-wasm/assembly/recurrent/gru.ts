// All steps of a GRU that resets after the recurrent product, and their gradient (@heed/core's `gruSequence`).
//
//     z, r = sigmoid(x_zr + h·R_zr + b_zr)      q = h·R_n + b_n      n = tanh(x_n + r q)      h' = h + (1 - z)(n - h)
//
// R is packed once for all steps. T time, B batch, U units; gates in the order z, r, n.

import { multiply, multiplyPacked, multiplyScratch, pack, packedBytes, panelScratch } from "../product";
import { sumAxis } from "../sum";
import { read, sigmoid, tanh, write } from "../vector";

/** Bytes of scratch of {@link gruForward}. */
export function gruForwardScratch(batch: i32, units: i32): usize {
	return panelScratch(units) + packedBytes(units, 3 * units) + <usize>(3 * units * batch) * 4;
}

/** Writes the state, z, r, n and q of every step, `[T, B, U]` each. */
export function gruForward(
	x: usize, // [T, B, 3U]
	initial: usize, // [B, U]
	kernel: usize, // [U, 3U]
	bias: usize, // [3U]
	time: i32,
	batch: i32,
	units: i32,
	reverse: bool,
	states: usize,
	updates: usize,
	resets: usize,
	candidates: usize,
	products: usize,
	scratch: usize,
): void {
	const packed = scratch + panelScratch(units);
	const product = packed + packedBytes(units, 3 * units);
	const row = (<usize>units) << 2;
	const step = <usize>batch * row;
	pack(kernel, 3 * row, false, units, 3 * units, packed);
	let previous = initial;
	for (let s = 0; s < time; s++) {
		const at = <usize>(reverse ? time - 1 - s : s) * step;
		multiplyPacked(previous, packed, product, batch, units, 3 * units, false, scratch);
		for (let b = 0; b < batch; b++) {
			const i = at + <usize>b * row;
			const h = previous + <usize>b * row;
			gruCell(
				x + 3 * i,
				product + 3 * <usize>b * row,
				bias,
				h,
				row,
				states + i,
				updates + i,
				resets + i,
				candidates + i,
				products + i,
			);
		}
		previous = states + at;
	}
}

/** One row of one step; `row` is its bytes. */
export function gruCell(
	x: usize,
	product: usize,
	bias: usize,
	previous: usize,
	row: usize,
	state: usize,
	update: usize,
	reset: usize,
	candidate: usize,
	hidden: usize,
): void {
	const one = f32x4.splat(1);
	const whole = row & ~15;
	for (let at: usize = 0; at < row; at += at < whole ? 16 : 4) {
		const full = at < whole;
		const z = sigmoid(sum3(x + at, product + at, bias + at, full));
		const r = sigmoid(sum3(x + row + at, product + row + at, bias + row + at, full));
		const q = f32x4.add(read(product + 2 * row + at, full), read(bias + 2 * row + at, full));
		const n = tanh(f32x4.add(read(x + 2 * row + at, full), f32x4.mul(r, q)));
		const h = read(previous + at, full);
		// In this form an update gate of exactly 1 leaves the state exactly as it was.
		write(state + at, f32x4.add(h, f32x4.mul(f32x4.sub(one, z), f32x4.sub(n, h))), full);
		write(update + at, z, full);
		write(reset + at, r, full);
		write(candidate + at, n, full);
		write(hidden + at, q, full);
	}
}

/** Bytes of scratch of {@link gruBackward}. */
export function gruBackwardScratch(time: i32, batch: i32, units: i32): usize {
	const rows = time * batch;
	const products = <usize>(3 * units * rows) * 4;
	const steps = panelScratch(3 * units) + packedBytes(3 * units, units);
	return products + max(steps, multiplyScratch(units, rows, 3 * units));
}

/** Writes the gradients of x, of the initial state, of R and of b. */
export function gruBackward(
	upstream: usize, // [T, B, U]
	initial: usize,
	kernel: usize,
	states: usize,
	updates: usize,
	resets: usize,
	candidates: usize,
	products: usize,
	time: i32,
	batch: i32,
	units: i32,
	reverse: bool,
	xGrad: usize, // [T, B, 3U]
	initialGrad: usize,
	kernelGrad: usize,
	biasGrad: usize,
	scratch: usize,
): void {
	const row = (<usize>units) << 2;
	const step = <usize>batch * row;
	const productGrads = scratch; // [T, B, 3U]
	const rest = productGrads + 3 * step * <usize>time;
	const packed = rest + panelScratch(3 * units);
	const carry = initialGrad; // [B, U]
	pack(kernel, 3 * row, true, 3 * units, units, packed); // Rᵀ
	memory.fill(carry, 0, step);
	for (let s = time - 1; s >= 0; s--) {
		const at = <usize>(reverse ? time - 1 - s : s) * step;
		const before = s == 0 ? initial : reverse ? states + at + step : states + at - step;
		for (let b = 0; b < batch; b++) {
			const own = <usize>b * row;
			const i = at + own;
			gruCellGrad(
				upstream + i,
				carry + own,
				before + own,
				updates + i,
				resets + i,
				candidates + i,
				products + i,
				row,
				xGrad + 3 * i,
				productGrads + 3 * i,
			);
		}
		multiplyPacked(productGrads + 3 * at, packed, carry, batch, 3 * units, units, true, rest);
	}
	const first: usize = reverse ? <usize>(time - 1) * step : 0;
	const others: usize = reverse ? 0 : step;
	// dR = Σ over the steps of (state before)ᵀ · (gradient of the product): the first step, then all others at once.
	multiply(
		initial,
		row,
		true,
		productGrads + 3 * first,
		3 * row,
		false,
		kernelGrad,
		3 * row,
		units,
		batch,
		3 * units,
		false,
		rest,
	);
	if (time > 1) {
		const left = states + (reverse ? step : 0);
		const right = productGrads + 3 * others;
		multiply(
			left,
			row,
			true,
			right,
			3 * row,
			false,
			kernelGrad,
			3 * row,
			units,
			(time - 1) * batch,
			3 * units,
			true,
			rest,
		);
	}
	sumAxis(productGrads, 1, time * batch, 3 * units, biasGrad);
}

/** One row of one step: the gradients before the activations, and in `carry` what reaches the state before directly. */
export function gruCellGrad(
	upstream: usize,
	carry: usize,
	before: usize,
	update: usize,
	reset: usize,
	candidate: usize,
	hidden: usize,
	row: usize,
	xGrad: usize,
	productGrad: usize,
): void {
	const one = f32x4.splat(1);
	const whole = row & ~15;
	for (let at: usize = 0; at < row; at += at < whole ? 16 : 4) {
		const full = at < whole;
		const z = read(update + at, full);
		const r = read(reset + at, full);
		const n = read(candidate + at, full);
		const d = f32x4.add(read(upstream + at, full), read(carry + at, full));
		const renewal = f32x4.sub(one, z);
		const slope = f32x4.mul(f32x4.sub(read(before + at, full), n), f32x4.mul(z, renewal));
		const dz = f32x4.mul(d, slope);
		const dn = f32x4.mul(f32x4.mul(d, renewal), f32x4.sub(one, f32x4.mul(n, n)));
		const dr = f32x4.mul(f32x4.mul(dn, read(hidden + at, full)), f32x4.mul(r, f32x4.sub(one, r)));
		write(xGrad + at, dz, full);
		write(xGrad + row + at, dr, full);
		write(xGrad + 2 * row + at, dn, full);
		write(productGrad + at, dz, full);
		write(productGrad + row + at, dr, full);
		write(productGrad + 2 * row + at, f32x4.mul(dn, r), full);
		write(carry + at, f32x4.mul(z, d), full);
	}
}

function sum3(a: usize, b: usize, c: usize, full: bool): v128 {
	return f32x4.add(f32x4.add(read(a, full), read(b, full)), read(c, full));
}
