/** The float32 of each of the 65,536 half floats, made at the first use. */
let halves: Float32Array | undefined;

/** IEEE 754 half precision (1 sign, 5 exponent, 10 fraction bits) to float32, exactly. */
export function widenF16(source: Uint16Array): Float32Array {
	halves ??= allHalves();
	const result = new Float32Array(source.length);
	for (let i = 0; i < result.length; i++) result[i] = halves[source[i] ?? 0] ?? 0;
	return result;
}

/** bfloat16, the upper half of a float32, to float32. */
export function widenBf16(source: Uint16Array): Float32Array {
	const bits = new Uint32Array(source.length);
	for (let i = 0; i < bits.length; i++) bits[i] = (source[i] ?? 0) << 16;
	return new Float32Array(bits.buffer);
}

function allHalves(): Float32Array {
	const table = new Float32Array(65_536);
	for (let half = 0; half < table.length; half++) {
		const sign = half & 0x8000 ? -1 : 1;
		const exponent = (half >> 10) & 0x1f;
		const fraction = half & 0x3ff;
		if (exponent === 0) table[half] = sign * fraction * 2 ** -24;
		else if (exponent < 0x1f) table[half] = sign * (1024 + fraction) * 2 ** (exponent - 25);
		else table[half] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
	}
	return table;
}
