import { expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import type { layers } from "@tensorflow/tfjs-layers";
import { expect } from "vitest";

/** How gradients are compared with finite differences. */
export interface SlopeOptions {
	/** Of the smaller one of two central differences, which cancel the h² error. Default 0.001. */
	readonly step?: number;
	/** Default 0.02. */
	readonly tolerance?: number;
	/** The loss in float64, where its terms are at hand. */
	readonly value?: () => number;
}

/** Compares the gradients of variables with finite differences along one direction through all of them. */
export function expectSlopeMatches(
	variables: readonly tf.Variable[],
	loss: () => tf.Scalar,
	options: SlopeOptions = {},
): void {
	const { step = 0.001, tolerance = 0.02, value = () => loss().dataSync()[0] ?? 0 } = options;
	const directions = variables.map(({ shape }, i) => randomTensor(shape, 80 + i));
	const starts = variables.map((variable) => tf.clone(variable));
	const move = (h: number): void => {
		variables.forEach((variable, i) => {
			variable.assign(tf.add(starts[i] as tf.Tensor, tf.mul(directions[i] as tf.Tensor, h)));
		});
	};
	const at = (h: number): number => {
		move(h);
		return value();
	};
	const slope = (h: number): number => (at(h) - at(-h)) / (2 * h);
	const numeric = (4 * slope(step) - slope(2 * step)) / 3;
	move(0);
	const { grads } = tf.variableGrads(loss, [...variables]);
	const parts = variables.map(({ name }, i) => {
		expect(grads[name], name).toBeDefined();
		return tf.sum(tf.mul(grads[name] as tf.Tensor, directions[i] as tf.Tensor)).dataSync()[0] as number;
	});
	const total = parts.reduce((sum, part) => sum + part, 0);
	expectClose([total], [numeric], { atol: tolerance, rtol: 3e-3, label: "weights" });
}

/** {@link expectSlopeMatches} of all weights of a layer, for a random gradient of what it gives. */
export function expectWeightGradients(
	layer: layers.Layer,
	run: () => tf.Tensor,
	options: SlopeOptions = {},
): void {
	const upstream = randomTensor(run().shape, 71);
	const u = upstream.dataSync();
	const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
	expectSlopeMatches(variables, () => tf.sum(tf.mul(run(), upstream)) as tf.Scalar, {
		...options,
		value: () => Array.from(run().dataSync()).reduce((sum, y, i) => sum + y * (u[i] ?? 0), 0),
	});
}
