import { HeedError } from "@heed/core";

/** Refuses what holds no weights, and weights that a cell does not have: an importer would not read them. */
export function checkWeights(where: string, weights: object, known: readonly string[]): void {
	const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");
	if (typeof weights !== "object" || weights === null) {
		const message = `the weights are ${String(weights)}; expected an object with ${list(known)}.`;
		throw new HeedError("OPTION", where, message);
	}
	const unread = Object.keys(weights).filter((name) => !known.includes(name));
	if (unread.length === 0) return;
	const message = `${list(unread)} came and would not be read; expected ${list(known)}.`;
	throw new HeedError("OPTION", where, message);
}
