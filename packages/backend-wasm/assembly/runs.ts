// Runs of neighbouring float32, many of one length: too short, most of them, for memory.copy and memory.fill, which are calls
// into the engine. Nothing is read or written outside of a run.

/** Writes `count` runs of `bytes` zeros, `stride` bytes apart. */
export function zeroRuns(to: usize, stride: usize, bytes: usize, count: i32): void {
	const whole = bytes & ~15;
	const zero = f32x4.splat(0);
	for (; count > 0; count--, to += stride) {
		let at: usize = 0;
		for (; at < whole; at += 16) v128.store(to + at, zero);
		for (; at < bytes; at += 4) store<f32>(to + at, 0);
	}
}

/** Copies `count` runs of `bytes`. */
export function copyRuns(
	from: usize,
	fromStride: usize,
	to: usize,
	toStride: usize,
	bytes: usize,
	count: i32,
): void {
	if (bytes < 16) {
		for (; count > 0; count--, from += fromStride, to += toStride) {
			for (let at: usize = 0; at < bytes; at += 4) store<f32>(to + at, load<f32>(from + at));
		}
		return;
	}
	// The last vector may overlap the one before it.
	const last = bytes - 16;
	for (; count > 0; count--, from += fromStride, to += toStride) {
		for (let at: usize = 0; at < last; at += 16) v128.store(to + at, v128.load(from + at));
		v128.store(to + last, v128.load(from + last));
	}
}

/** `to[i] += from[i]` for `count` runs of `bytes`, one after another. */
export function addRuns(
	from: usize,
	fromStride: usize,
	to: usize,
	toStride: usize,
	bytes: usize,
	count: i32,
): void {
	const whole = bytes & ~15;
	for (; count > 0; count--, from += fromStride, to += toStride) {
		let at: usize = 0;
		for (; at < whole; at += 16) v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
		for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(to + at) + load<f32>(from + at));
	}
}
