// Arithmetic in float64, for the formulas that tests write down.

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
export const mean = (values: readonly number[]): number => sum(values) / values.length;
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const relu = (values: readonly number[]): number[] => values.map((value) => Math.max(value, 0));

/** Of scores, of which `undefined` is nothing to look at. */
export const softmax = (scores: readonly (number | undefined)[]): number[] => {
	const powers = scores.map((score) => (score === undefined ? 0 : Math.exp(score)));
	return powers.map((power) => power / sum(powers));
};

/** `x · kernel + bias` by the weights below a path. */
export const dense = (
	weights: Readonly<Record<string, readonly number[]>>,
	path: string,
	x: readonly number[],
): number[] => {
	const kernel = weights[`${path}/kernel`] ?? [];
	const bias = weights[`${path}/bias`] ?? [];
	const size = kernel.length / x.length;
	return Array.from({ length: size }, (_, j) =>
		x.reduce((total, value, i) => total + value * (kernel[i * size + j] ?? 0), bias[j] ?? 0),
	);
};
