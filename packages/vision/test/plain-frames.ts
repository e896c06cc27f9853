import type { Weights } from "./plain-images.ts";

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
export const softmax = (row: readonly number[]): number[] => {
	const powers = row.map(Math.exp);
	return powers.map((power) => power / sum(powers));
};
/** `x · kernel + bias` by the weights below a path, in float64. */
export const dense = (weights: Weights, path: string, x: readonly number[]): number[] => {
	const kernel = weights[`${path}/kernel`] ?? [];
	const size = kernel.length / x.length;
	const bias = weights[`${path}/bias`] ?? [];
	return Array.from({ length: size }, (_, j) =>
		x.reduce((total, value, i) => total + value * (kernel[i * size + j] ?? 0), bias[j] ?? 0),
	);
};
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
