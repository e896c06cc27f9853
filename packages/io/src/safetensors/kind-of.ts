/**
 * The class of a typed array, `undefined` for anything else. By its tag, not by `instanceof`: an array may come from
 * another realm, such as a frame, a worker's test environment or `node:vm`.
 */
export function arrayName(value: unknown): string | undefined {
	return ArrayBuffer.isView(value)
		? (value as { readonly [Symbol.toStringTag]?: string })[Symbol.toStringTag]
		: undefined;
}

/** What a value is, for messages: `null`, `a number`, `a Float32Array`, `an array`. */
export function kindOf(value: unknown): string {
	if (value === null || value === undefined) return String(value);
	if (Array.isArray(value)) return "an array";
	const name = typeof value === "object" ? (arrayName(value) ?? "object") : typeof value;
	return `${/^[aeiouI]/.test(name) ? "an" : "a"} ${name}`;
}
