import { checkChoice, checkNumber } from "@heed/core";
import type * as tf from "@tensorflow/tfjs-core";
import type { ParameterScope } from "../parameters/parameters.ts";
import { layerNorm, rmsNorm } from "./feature-norm.ts";

/** Which normalisation, and what keeps its division finite. */
export interface NormOptions {
	/** Default `layer`. */
	readonly norm?: "layer" | "rms" | undefined;
	/** Default 1e-5 for `layer`, 1e-6 for `rms`. */
	readonly epsilon?: number | undefined;
}

/** A normalisation with its weights, on the last axis. */
export type Norm = <T extends tf.Tensor>(x: T) => T;

/** Refuses what is no normalisation. */
export function checkNormOptions(where: string, { norm = "layer", epsilon = 0 }: NormOptions): void {
	checkChoice(where, "norm", norm, ["layer", "rms"]);
	checkNumber(where, "epsilon", epsilon, { min: 0 });
}

/**
 * A normalisation of `[..., size]` with weights `gamma` and, for `layer`, `beta`, both `[size]`, as a part of models: see
 * {@link layerNorm} and {@link rmsNorm} for formulas and papers.
 */
export function makeNorm(parameters: ParameterScope, size: number, options: NormOptions): Norm {
	const { norm = "layer", epsilon } = options;
	const gamma = parameters.add<tf.Rank.R1>("gamma", [size], "ones");
	if (norm === "rms") return (x) => rmsNorm(x, gamma, { epsilon });
	const beta = parameters.add<tf.Rank.R1>("beta", [size], "zeros");
	return (x) => layerNorm(x, gamma, beta, { epsilon });
}
