/**
 * Round numbers (1, 2 or 5 times a power of ten) that cover a range, about `count` of them. Where numbers are too large,
 * too small or too close to each other for that, the ends of the range.
 */
export function ticks(min: number, max: number, count: number): number[] {
	const span = max - min || Math.abs(max) || 1;
	const rough = span / Math.max(1, count);
	const power = 10 ** Math.floor(Math.log10(rough));
	const step = power * ([1, 2, 5, 10].find((multiple) => multiple * power >= rough * 0.999) ?? 10);
	const first = Math.floor(min / step + 1e-9);
	const last = Math.max(first + 1, Math.ceil(max / step - 1e-9));
	const marks = Array.from({ length: last - first <= 4 * count ? last - first + 1 : 0 }, (_, i) =>
		Number(((first + i) * step).toPrecision(12)),
	);
	if (marks.every(Number.isFinite) && (marks[0] ?? 0) < (marks.at(-1) ?? 0)) return marks;
	return min === max ? [Math.min(min, 0), Math.max(max, 0)] : [min, max];
}

/** More lines than this nobody reads. */
const mostPowers = 12;

/** The powers of ten that cover a range of positive numbers, every so many where there are a lot. */
export function logTicks(min: number, max: number): number[] {
	// 1e-323 and 1e308 are the last powers of ten that a number can be.
	const first = Math.min(307, Math.max(-323, Math.floor(Math.log10(min) + 1e-9)));
	const last = Math.min(308, Math.max(first + 1, Math.ceil(Math.log10(max) - 1e-9)));
	const stride = Math.ceil((last - first) / mostPowers);
	const count = Math.ceil((last - first) / stride) + 1;
	return Array.from({ length: count }, (_, i) => Number(`1e${Math.min(first + i * stride, 308)}`)); // 10 ** -4 is not 1e-4
}

/** Round numbers inside a range of positive numbers: 1, 2 and 5 times the powers of ten where those alone are few. */
export function logTicksWithin(min: number, max: number): number[] {
	const powers = logTicks(min, max);
	const within = (marks: number[]): number[] => marks.filter((mark) => mark >= min && mark <= max);
	if (powers.length > 4) return within(powers);
	const marks = within(
		powers.flatMap((power) => [1, 2, 5].map((multiple) => Number((multiple * power).toPrecision(12)))),
	);
	return marks.length > 1 ? marks : [min, max];
}

/** A tick's number without noise. */
export function wordTick(value: number): string {
	if (value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-4))
		return value.toExponential().replace("e+", "e");
	return String(value);
}
