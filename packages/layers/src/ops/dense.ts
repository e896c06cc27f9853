import type * as tf from "@tensorflow/tfjs-core";
import type { ParameterInitializer } from "../parameters/initial-value.ts";
import type { ParameterScope } from "../parameters/parameters.ts";
import { project } from "./project.ts";

/** What {@link makeDense} accepts. */
export interface DenseOptions {
	readonly inputSize: number;
	readonly outputSize: number;
	/** Add a bias. Default true. */
	readonly useBias?: boolean | undefined;
	/** Default `glorotUniform`. */
	readonly initializer?: ParameterInitializer | undefined;
}

/** `x · kernel + bias` on the last axis: `[..., inputSize]` to `[..., outputSize]`. */
export type Dense = <T extends tf.Tensor>(x: T) => T;

/**
 * A dense layer without an activation, as a part of models: `x · kernel + bias`, whose weights are `kernel` [inputSize,
 * outputSize] and `bias` [outputSize] of the scope.
 */
export function makeDense(parameters: ParameterScope, options: DenseOptions): Dense {
	const { inputSize, outputSize, useBias = true, initializer } = options;
	const kernel = parameters.add<tf.Rank.R2>("kernel", [inputSize, outputSize], initializer);
	const bias = useBias ? parameters.add<tf.Rank.R1>("bias", [outputSize], "zeros") : undefined;
	return (x) => project(x, kernel, bias);
}
