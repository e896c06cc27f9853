import { makeDense, type ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";

/** A network with one hidden layer on the last axis. */
export type Bottleneck = <T extends tf.Tensor>(x: T) => T;

/**
 * `relu(x · W₁ + b₁) · W₂ + b₂`. Weights: `reduce/kernel` [channels, hidden], `reduce/bias`, `expand/kernel` [hidden,
 * outputSize], `expand/bias`.
 */
export function makeBottleneck(
	parameters: ParameterScope,
	options: {
		readonly channels: number;
		readonly hidden: number;
		/** Default: `channels`. */
		readonly outputSize?: number | undefined;
		readonly useBias: boolean;
	},
): Bottleneck {
	const { channels, hidden, outputSize = channels, useBias } = options;
	const reduce = makeDense(parameters.scope("reduce"), { inputSize: channels, outputSize: hidden, useBias });
	const expand = makeDense(parameters.scope("expand"), { inputSize: hidden, outputSize, useBias });
	return (x) => expand(tf.relu(reduce(x)));
}
