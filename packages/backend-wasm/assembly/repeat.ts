// Repeats of pieces of a tensor.

/** to[o, t, b] = x[o, b] for `times` of t: `outer` pieces of `bytes` bytes, each written `times` times in a row. */
export function repeat(x: usize, outer: i32, bytes: usize, times: i32, to: usize): void {
	if (bytes == 4) {
		for (let o = 0; o < outer; o++, x += 4) {
			const value = v128.load32_splat(x);
			const end = to + ((<usize>times) << 2);
			for (; to + 16 <= end; to += 16) v128.store(to, value);
			for (; to < end; to += 4) v128.store32_lane(to, value, 0);
		}
		return;
	}
	const all = bytes * <usize>times;
	for (let o = 0; o < outer; o++, x += bytes, to += all) {
		memory.copy(to, x, bytes);
		// Twice as much each time.
		for (let done = bytes; done < all; ) {
			const part = min(done, all - done);
			memory.copy(to + done, to, part);
			done += part;
		}
	}
}
