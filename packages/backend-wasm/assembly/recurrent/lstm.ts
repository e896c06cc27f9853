// All steps of an LSTM, and their gradient (@heed/core's `lstmSequence`).
//
//     i, f, o = sigmoid(x_ifo + h·R_ifo)      g = tanh(x_g + h·R_g)
//     c' = f c + i g                          h' = o tanh c'            (both as they were where a step does not count)
//
// R is packed once for all steps. T time, B batch, U units; gates in the order i, f, g, o.

import { multiply, multiplyPacked, multiplyScratch, pack, packedBytes, panelScratch } from "../product";
import { read, sigmoid, tanh, write } from "../vector";

/** Bytes of scratch of {@link lstmForward}. */
export function lstmForwardScratch(batch: i32, units: i32): usize {
	return panelScratch(units) + packedBytes(units, 4 * units) + <usize>(4 * units * batch) * 4;
}

/** Writes h and c after every step, the activated gates, and c' as it would be if every step counted. */
export function lstmForward(
	x: usize, // [T, B, 4U]
	hidden: usize, // [B, U]
	cell: usize, // [B, U]
	kernel: usize, // [U, 4U]
	live: usize, // [T, B]
	time: i32,
	batch: i32,
	units: i32,
	reverse: bool,
	hiddens: usize, // [T, B, U]
	cells: usize, // [T, B, U]
	gates: usize, // [T, B, 4U]
	freshCells: usize, // [T, B, U]
	scratch: usize,
): void {
	const packed = scratch + panelScratch(units);
	const product = packed + packedBytes(units, 4 * units);
	const row = (<usize>units) << 2;
	const step = <usize>batch * row;
	pack(kernel, 4 * row, false, units, 4 * units, packed);
	let h = hidden;
	let c = cell;
	for (let s = 0; s < time; s++) {
		const t = reverse ? time - 1 - s : s;
		const at = <usize>t * step;
		multiplyPacked(h, packed, product, batch, units, 4 * units, false, scratch);
		for (let b = 0; b < batch; b++) {
			const own = <usize>b * row;
			const i = at + own;
			const counts = load<f32>(live + ((<usize>(t * batch + b)) << 2));
			lstmCell(
				x + 4 * i,
				product + 4 * own,
				h + own,
				c + own,
				counts,
				row,
				hiddens + i,
				cells + i,
				gates + 4 * i,
				freshCells + i,
			);
		}
		h = hiddens + at;
		c = cells + at;
	}
}

/** One row of one step; `row` is its bytes. */
export function lstmCell(
	x: usize,
	product: usize,
	hidden: usize,
	cell: usize,
	live: f32,
	row: usize,
	nextHidden: usize,
	nextCell: usize,
	gates: usize,
	freshCell: usize,
): void {
	const counts = f32x4.splat(live);
	const stays = f32x4.splat(1 - live);
	const whole = row & ~15;
	for (let at: usize = 0; at < row; at += at < whole ? 16 : 4) {
		const full = at < whole;
		const i = sigmoid(f32x4.add(read(x + at, full), read(product + at, full)));
		const f = sigmoid(f32x4.add(read(x + row + at, full), read(product + row + at, full)));
		const g = tanh(f32x4.add(read(x + 2 * row + at, full), read(product + 2 * row + at, full)));
		const o = sigmoid(f32x4.add(read(x + 3 * row + at, full), read(product + 3 * row + at, full)));
		const c = read(cell + at, full);
		const fresh = f32x4.add(f32x4.mul(f, c), f32x4.mul(i, g));
		const h = f32x4.mul(o, tanh(fresh));
		write(gates + at, i, full);
		write(gates + row + at, f, full);
		write(gates + 2 * row + at, g, full);
		write(gates + 3 * row + at, o, full);
		write(freshCell + at, fresh, full);
		write(nextHidden + at, f32x4.add(f32x4.mul(h, counts), f32x4.mul(read(hidden + at, full), stays)), full);
		write(nextCell + at, f32x4.add(f32x4.mul(fresh, counts), f32x4.mul(c, stays)), full);
	}
}

/** Bytes of scratch of {@link lstmBackward}. */
export function lstmBackwardScratch(time: i32, batch: i32, units: i32): usize {
	const steps = panelScratch(4 * units) + packedBytes(4 * units, units);
	return max(steps, multiplyScratch(units, time * batch, 4 * units));
}

/** Writes the gradients of x, of the initial states, and of R. */
export function lstmBackward(
	hiddenUpstream: usize, // [T, B, U]
	cellUpstream: usize, // [T, B, U]
	hidden: usize,
	cell: usize,
	kernel: usize,
	live: usize,
	hiddens: usize,
	cells: usize,
	gates: usize,
	freshCells: usize,
	time: i32,
	batch: i32,
	units: i32,
	reverse: bool,
	xGrad: usize, // [T, B, 4U]
	hiddenGrad: usize,
	cellGrad: usize,
	kernelGrad: usize,
	scratch: usize,
): void {
	const row = (<usize>units) << 2;
	const step = <usize>batch * row;
	const packed = scratch + panelScratch(4 * units);
	pack(kernel, 4 * row, true, 4 * units, units, packed); // Rᵀ
	memory.fill(hiddenGrad, 0, step); // these two carry the gradients from step to step
	memory.fill(cellGrad, 0, step);
	for (let s = time - 1; s >= 0; s--) {
		const t = reverse ? time - 1 - s : s;
		const at = <usize>t * step;
		const before = s == 0 ? cell : reverse ? cells + at + step : cells + at - step;
		for (let b = 0; b < batch; b++) {
			const own = <usize>b * row;
			const i = at + own;
			const counts = load<f32>(live + ((<usize>(t * batch + b)) << 2));
			lstmCellGrad(
				hiddenUpstream + i,
				cellUpstream + i,
				hiddenGrad + own,
				cellGrad + own,
				before + own,
				gates + 4 * i,
				freshCells + i,
				counts,
				row,
				xGrad + 4 * i,
			);
		}
		multiplyPacked(xGrad + 4 * at, packed, hiddenGrad, batch, 4 * units, units, true, scratch);
	}
	const first: usize = reverse ? <usize>(time - 1) * step : 0;
	const others: usize = reverse ? 0 : step;
	// dR = Σ over the steps of (h before)ᵀ · dx: the first step, then all others at once.
	multiply(
		hidden,
		row,
		true,
		xGrad + 4 * first,
		4 * row,
		false,
		kernelGrad,
		4 * row,
		units,
		batch,
		4 * units,
		false,
		scratch,
	);
	if (time > 1) {
		const left = hiddens + (reverse ? step : 0);
		multiply(
			left,
			row,
			true,
			xGrad + 4 * others,
			4 * row,
			false,
			kernelGrad,
			4 * row,
			units,
			(time - 1) * batch,
			4 * units,
			true,
			scratch,
		);
	}
}

/** One row of one step: the gradients before the activations, and in the carries what reaches the states before directly. */
export function lstmCellGrad(
	hiddenUpstream: usize,
	cellUpstream: usize,
	hiddenCarry: usize,
	cellCarry: usize,
	before: usize,
	gates: usize,
	freshCell: usize,
	live: f32,
	row: usize,
	xGrad: usize,
): void {
	const one = f32x4.splat(1);
	const counts = f32x4.splat(live);
	const stays = f32x4.splat(1 - live);
	const whole = row & ~15;
	for (let at: usize = 0; at < row; at += at < whole ? 16 : 4) {
		const full = at < whole;
		const i = read(gates + at, full);
		const f = read(gates + row + at, full);
		const g = read(gates + 2 * row + at, full);
		const o = read(gates + 3 * row + at, full);
		const squashed = tanh(read(freshCell + at, full));
		const dh = f32x4.add(read(hiddenUpstream + at, full), read(hiddenCarry + at, full));
		const dcell = f32x4.add(read(cellUpstream + at, full), read(cellCarry + at, full));
		const dlive = f32x4.mul(dh, counts);
		const dsquashed = f32x4.mul(f32x4.mul(dlive, o), f32x4.sub(one, f32x4.mul(squashed, squashed)));
		const dc = f32x4.add(f32x4.mul(dcell, counts), dsquashed);
		write(xGrad + at, f32x4.mul(f32x4.mul(dc, g), f32x4.mul(i, f32x4.sub(one, i))), full);
		write(
			xGrad + row + at,
			f32x4.mul(f32x4.mul(dc, read(before + at, full)), f32x4.mul(f, f32x4.sub(one, f))),
			full,
		);
		write(xGrad + 2 * row + at, f32x4.mul(f32x4.mul(dc, i), f32x4.sub(one, f32x4.mul(g, g))), full);
		write(xGrad + 3 * row + at, f32x4.mul(f32x4.mul(dlive, squashed), f32x4.mul(o, f32x4.sub(one, o))), full);
		write(hiddenCarry + at, f32x4.mul(dh, stays), full);
		write(cellCarry + at, f32x4.add(f32x4.mul(dcell, stays), f32x4.mul(dc, f)), full);
	}
}
