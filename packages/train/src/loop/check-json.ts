import { HeedError } from "@heed/core";

/** Refuses what would not come back from JSON as it was: NaN, infinities, functions, dates and the like. */
export function checkJson(where: string, path: string, value: unknown): void {
	if (value === null || value === undefined) return; // an absent entry counts as null
	if (typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)) return;
	const plain = Array.isArray(value) || isPlain(value);
	if (plain) {
		for (const [key, entry] of Object.entries(value)) checkJson(where, `${path}.${key}`, entry);
		return;
	}
	throw new HeedError(
		"OPTION",
		where,
		`\`${path}\` is ${String(value)}, which JSON cannot hold, so that no checkpoint with it would fit again; expected ` +
			"text, finite numbers, booleans, null, or lists and plain objects of them.",
	);
}

function isPlain(value: unknown): value is object {
	if (typeof value !== "object" || value === null) return false;
	const prototype = Object.getPrototypeOf(value);
	return prototype === Object.prototype || prototype === null;
}
