// The backward pass of attention row by row: from products to weights, and from the gradients of weights to those of scores.

import { sumRow } from "../sum";
import { exp, expOf, sumOf } from "../vector";
import { kept } from "./dropout";
import { Problem } from "./problem";
import { Row } from "./rows";
import { biasAndHide, cap, hidden, largestOf } from "./scores";

/** Beyond this a log-sum-exp is refined: up to here its last digit makes 4e-6 of a weight. */
const coarse: f32 = 64;

/** Reads a row's log-sum-exp and computes its delta; a row that saw nothing sees nothing here either. */
export function prepare(problem: Problem, row: Row): void {
	const index = <usize>row.index;
	const valueDim = problem.valueDim;
	const bytes = (<usize>valueDim) << 2;
	const lse = load<f32>(problem.logSumExp + (index << 2));
	let output = problem.output + index * bytes;
	let grad = problem.outputGrad + index * bytes;
	let sums = f32x4.splat(0);
	let d = 0;
	for (; d + 4 <= valueDim; d += 4, output += 16, grad += 16) {
		sums = f32x4.add(sums, f32x4.mul(v128.load(output), v128.load(grad)));
	}
	let delta = sumOf(sums);
	for (; d < valueDim; d++, output += 4, grad += 4) delta += load<f32>(output) * load<f32>(grad);
	delta -= load<f32>(problem.logSumExpGrad + (index << 2));
	row.base = lse;
	row.factor = 1;
	row.sum = delta;
	if (lse <= hidden) {
		row.from = 0;
		row.to = 0;
	}
}

/** Whether a row's log-sum-exp is so large that float32 cannot hold its fraction: the weights would not sum to 1. */
export function isCoarse(row: Row): bool {
	return abs(row.base) > coarse && row.from < row.to;
}

/**
 * Takes the products of a block into account for a row whose log-sum-exp is coarse: its largest score and the sum of the
 * exponentials, from which the weights are computed instead.
 */
export function refine(problem: Problem, row: Row, scores: usize, first: i32, width: i32): void {
	const from = max(row.from - first, 0);
	const to = min(row.to - first, width);
	if (from >= to) return;
	if (problem.softcap > 0) cap(scores, width, problem.softcap);
	biasAndHide(problem, row, scores, first, from, to, width);
	const end = scores + ((<usize>((width + 3) & ~3)) << 2);
	const top = max(row.top, largestOf(scores, end));
	if (top <= hidden) return;
	let sum = f32x4.splat(0);
	for (let at = scores; at < end; at += 16)
		sum = f32x4.add(sum, exp(f32x4.sub(v128.load(at), f32x4.splat(top))));
	row.factor = row.factor * expOf(row.top - top) + sumOf(sum);
	row.top = top;
}

/** Ends what {@link refine} began. */
export function finishRefining(problem: Problem, row: Row): void {
	let sum = row.factor;
	if (problem.sinks != 0) {
		const sink = load<f32>(problem.sinks + ((<usize>row.head) << 2));
		const joint = max(row.top, sink);
		sum = sum * expOf(row.top - joint) + expOf(sink - joint);
		row.top = joint;
	}
	row.base = row.top;
	row.factor = 1 / sum;
}

/** Adds what a row gives to the gradient of its sink. */
export function addSinkGrad(problem: Problem, row: Row): void {
	const at = (<usize>row.head) << 2;
	const sink = load<f32>(problem.sinks + at);
	if (sink == -(<f32>Infinity)) return; // a sink that is switched off
	const share = expOf(sink - row.base) * row.factor;
	store<f32>(problem.sinksGrad + at, load<f32>(problem.sinksGrad + at) - share * row.sum);
}

/** y = c tanh(x / c), and its slope 1 - (y / c)². */
export function capWithSlope(scores: usize, slopes: usize, width: i32, softcap: f32): void {
	cap(scores, width, softcap);
	const inverse = f32x4.splat(1 / softcap);
	for (let j = 0; j < width; j += 4, scores += 16, slopes += 16) {
		const y = f32x4.mul(v128.load(scores), inverse);
		v128.store(slopes, f32x4.sub(f32x4.splat(1), f32x4.mul(y, y)));
	}
}

/** Scores become the weights that dropout leaves, and gradients of these become gradients of the scores. */
export function differentiate(
	row: Row,
	weights: usize,
	grads: usize,
	bytes: usize,
	keepFactor: f32,
	hashes: usize,
	threshold: u32,
): void {
	const base = f32x4.splat(row.base);
	const delta = f32x4.splat(row.sum);
	const scale = f32x4.splat(row.factor);
	if (threshold == 0) {
		for (const end = weights + bytes; weights < end; weights += 16, grads += 16) {
			const p = f32x4.mul(scale, exp(f32x4.sub(v128.load(weights), base)));
			v128.store(weights, p);
			v128.store(grads, f32x4.mul(p, f32x4.sub(v128.load(grads), delta)));
		}
		return;
	}
	const factor = f32x4.splat(keepFactor);
	for (const end = weights + bytes; weights < end; weights += 16, grads += 16, hashes += 16) {
		const keep = v128.and(factor, kept(v128.load(hashes), row.hash, threshold));
		const p = f32x4.mul(scale, exp(f32x4.sub(v128.load(weights), base)));
		v128.store(weights, f32x4.mul(p, keep));
		v128.store(grads, f32x4.mul(p, f32x4.sub(f32x4.mul(v128.load(grads), keep), delta)));
	}
}

/** Adds the gradients of keys `first + from .. first + to - 1` to those of the bias. */
export function addBiasGrad(
	biasGrad: usize,
	stride: i32,
	grads: usize,
	first: i32,
	from: i32,
	to: i32,
): void {
	grads += (<usize>from) << 2;
	if (stride == 0) {
		store<f32>(biasGrad, load<f32>(biasGrad) + sumRow(grads, to - from));
		return;
	}
	biasGrad += (<usize>(first + from)) << 2;
	let j = from;
	for (; j + 4 <= to; j += 4, grads += 16, biasGrad += 16) {
		v128.store(biasGrad, f32x4.add(v128.load(biasGrad), v128.load(grads)));
	}
	for (; j < to; j++, grads += 4, biasGrad += 4) store<f32>(biasGrad, load<f32>(biasGrad) + load<f32>(grads));
}

export function scaleBy(x: usize, factors: usize, width: i32): void {
	for (let j = 0; j < width; j += 4, x += 16, factors += 16) {
		v128.store(x, f32x4.mul(v128.load(x), v128.load(factors)));
	}
}
