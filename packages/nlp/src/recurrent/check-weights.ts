import { checkRank, HeedError } from "@heed/core";
import type * as tf from "@tensorflow/tfjs-core";

/**
 * Refuses what holds no weights, weights that a cell does not have, which an importer would not read, and the lack of one.
 *
 * @param axes The axes of each weight, by name; of those that may be left out, `null`.
 */
export function checkWeights(
	where: string,
	weights: object,
	axes: Readonly<Record<string, readonly string[] | null>>,
): void {
	const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");
	const known = Object.keys(axes);
	if (typeof weights !== "object" || weights === null) {
		const message = `the weights are ${String(weights)}; expected an object with ${list(known)}.`;
		throw new HeedError("OPTION", where, message);
	}
	const unread = Object.keys(weights).filter((name) => !known.includes(name));
	if (unread.length > 0) {
		const message = `${list(unread)} came and would not be read; expected ${list(known)}.`;
		throw new HeedError("OPTION", where, message);
	}
	for (const [name, own] of Object.entries(axes)) {
		if (own !== null) checkRank(where, name, (weights as Record<string, tf.Tensor>)[name] as tf.Tensor, own);
	}
}
