/** Three digits, never in powers of ten: `0.00123`, `5.68`, `794`, `12,300`. */
export function short(value: number): string {
	if (!Number.isFinite(value)) return "–";
	if (value === 0) return "0";
	const rounded = Number(value.toPrecision(3));
	const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded))));
	return rounded.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** Bytes in kB, MB or GB, powers of 1000. */
export function bytes(value: number): string {
	if (value === 0) return "0";
	const [unit, size] = value < 1e6 ? ["kB", 1e3] : value < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
	return `${short(value / Number(size))} ${unit}`;
}

/** `14.1×`. */
export function times(ratio: number): string {
	return `${short(ratio)}×`;
}
