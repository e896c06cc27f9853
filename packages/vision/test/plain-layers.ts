import type { AttentionLayer } from "@heed/layers";
import { randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";

/** Moves every trained weight off its first value, zeros above all, which would hide much. */
export function stirWeights(layer: AttentionLayer): void {
	layer.trainableWeights.forEach((weight, i) => {
		const shape = weight.shape as number[];
		weight.write(tf.tidy(() => tf.add(weight.read(), randomTensor(shape, 50 + i, 0.3))));
	});
}

/** The numbers of every weight by its path in the layer. */
export function readWeights(layer: AttentionLayer): Record<string, number[]> {
	const prefix = `${layer.name}/`;
	return Object.fromEntries(
		layer.weights.map((weight) => [weight.originalName.replace(prefix, ""), [...weight.read().dataSync()]]),
	);
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** `relu(norm(z · W₁ + b₁)) · W₂ + b₂` in float64, by the weights `reduce/…` and `expand/…` below a prefix. */
export function mlpOf(
	weights: Record<string, number[]>,
	z: readonly number[],
	prefix = "",
	norm: (hidden: number[]) => number[] = (hidden) => hidden,
): number[] {
	const dense = (name: string, x: readonly number[]): number[] => {
		const kernel = weights[`${prefix}${name}/kernel`] ?? [];
		const out = kernel.length / x.length;
		return Array.from({ length: out }, (_, j) =>
			x.reduce(
				(sum, value, i) => sum + value * (kernel[i * out + j] ?? 0),
				weights[`${prefix}${name}/bias`]?.[j] ?? 0,
			),
		);
	};
	const hidden = norm(dense("reduce", z)).map((value) => Math.max(value, 0));
	return dense("expand", hidden);
}
