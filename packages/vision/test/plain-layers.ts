import { randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import type { layers } from "@tensorflow/tfjs-layers";
import { dense, relu } from "./plain-numbers.ts";

/** Moves every trained weight off its first value, zeros above all, which would hide much. */
export function stirWeights(layer: layers.Layer): void {
	layer.trainableWeights.forEach((weight, i) => {
		const shape = weight.shape as number[];
		weight.write(tf.tidy(() => tf.add(weight.read(), randomTensor(shape, 50 + i, 0.3))));
	});
}

/** The numbers of every weight by its path in the layer. */
export function readWeights(layer: layers.Layer): Record<string, number[]> {
	const prefix = `${layer.name}/`;
	return Object.fromEntries(
		layer.weights.map((weight) => [weight.originalName.replace(prefix, ""), [...weight.read().dataSync()]]),
	);
}

/** `relu(norm(z · W₁ + b₁)) · W₂ + b₂` in float64, by the weights `reduce/…` and `expand/…` below a prefix. */
export function mlpOf(
	weights: Record<string, number[]>,
	z: readonly number[],
	prefix = "",
	norm: (hidden: number[]) => number[] = (hidden) => hidden,
): number[] {
	return dense(weights, `${prefix}expand`, relu(norm(dense(weights, `${prefix}reduce`, z))));
}
