/** Round numbers (1, 2 or 5 times a power of ten) that cover a range, about `count` of them. */
export function ticks(min: number, max: number, count: number): number[] {
	const span = max - min || Math.abs(max) || 1;
	const rough = span / Math.max(1, count);
	const power = 10 ** Math.floor(Math.log10(rough));
	const step = power * ([1, 2, 5, 10].find((multiple) => multiple * power >= rough * 0.999) ?? 10);
	const first = Math.floor(min / step + 1e-9);
	const last = Math.ceil(max / step - 1e-9);
	return Array.from({ length: Math.max(last - first, 1) + 1 }, (_, i) =>
		Number(((first + i) * step).toPrecision(12)),
	);
}

/** The powers of ten that cover a range of positive numbers. */
export function logTicks(min: number, max: number): number[] {
	const first = Math.floor(Math.log10(min) + 1e-9);
	const last = Math.max(first + 1, Math.ceil(Math.log10(max) - 1e-9));
	return Array.from({ length: last - first + 1 }, (_, i) => Number(`1e${first + i}`)); // 10 ** -4 is not 1e-4
}

/** A tick's number without noise. */
export function wordTick(value: number): string {
	if (value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-4))
		return value.toExponential().replace("e+", "e");
	return String(value);
}
