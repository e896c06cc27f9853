// Comparisons of two operands, either of which may be one number for a whole row, or one row for all of them.

// The numbers of src/kernels/compare.ts; greater and greaterEqual have their operands exchanged.
const equal: i32 = 0;
const notEqual: i32 = 1;
const less: i32 = 2;

/**
 * to[i, j] = a[i, j] ? b[i, j], a byte each, for `rows` rows of `columns` numbers: float32, or int32. Strides are bytes from row
 * to row and from number to number; 0 where an operand stays the same. From number to number they are 4 otherwise.
 */
export function compare(
	what: i32,
	floats: bool,
	a: usize,
	aRow: usize,
	aStep: usize,
	b: usize,
	bRow: usize,
	bStep: usize,
	rows: i32,
	columns: i32,
	to: usize,
): void {
	for (let i = 0; i < rows; i++, a += aRow, b += bRow, to += columns) {
		compareRow(what, floats, a, aStep, b, bStep, columns, to);
	}
}

export function compareRow(
	what: i32,
	floats: bool,
	a: usize,
	aStep: usize,
	b: usize,
	bStep: usize,
	count: i32,
	to: usize,
): void {
	const end = to + count;
	const ones = i8x16.splat(1);
	for (; to + 16 <= end; to += 16, a += 16 * aStep, b += 16 * bStep) {
		const m0 = fits(what, floats, four(a, aStep), four(b, bStep));
		const m1 = fits(what, floats, four(a + 4 * aStep, aStep), four(b + 4 * bStep, bStep));
		const m2 = fits(what, floats, four(a + 8 * aStep, aStep), four(b + 8 * bStep, bStep));
		const m3 = fits(what, floats, four(a + 12 * aStep, aStep), four(b + 12 * bStep, bStep));
		const low = i16x8.narrow_i32x4_s(m0, m1);
		const high = i16x8.narrow_i32x4_s(m2, m3);
		v128.store(to, v128.and(ones, i8x16.narrow_i16x8_s(low, high)));
	}
	for (; to < end; to++, a += aStep, b += bStep) {
		store<u8>(to, i32x4.extract_lane(fits(what, floats, v128.load32_splat(a), v128.load32_splat(b)), 0) & 1);
	}
}

function four(at: usize, step: usize): v128 {
	return step == 0 ? v128.load32_splat(at) : v128.load(at);
}

/** All bits of a lane where the comparison holds. */
function fits(what: i32, floats: bool, x: v128, y: v128): v128 {
	if (what == equal) return floats ? f32x4.eq(x, y) : i32x4.eq(x, y);
	if (what == notEqual) return floats ? f32x4.ne(x, y) : i32x4.ne(x, y);
	if (what == less) return floats ? f32x4.lt(x, y) : i32x4.lt_s(x, y);
	return floats ? f32x4.le(x, y) : i32x4.le_s(x, y);
}
