import type { Weights } from "./plain-images.ts";
import { dense, sum } from "./plain-numbers.ts";

/** The scores of items for a query, in float64. */
export function scores(
	weights: Weights,
	path: string,
	items: readonly number[][],
	query?: readonly number[],
): number[] {
	const asked = query && dense(weights, `${path}query`, query);
	return items.map((item) => {
		const met = dense(weights, `${path}item`, item).map((h, u) => Math.tanh(h + (asked?.[u] ?? 0)));
		const kernel = weights[`${path}score/kernel`] ?? [];
		return met.reduce((total, h, u) => total + h * (kernel[u] ?? 0), weights[`${path}score/bias`]?.[0] ?? 0);
	});
}
/** The sum of items times their shares. */
export const weighted = (items: readonly number[][], shares: readonly number[]): number[] =>
	(items[0] ?? []).map((_, c) => sum(items.map((item, i) => (item[c] ?? 0) * (shares[i] ?? 0))));
