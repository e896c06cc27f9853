import { checkNumber, checkOptions } from "@heed/core";
import { inverseSquareRoot } from "./inverse-square-root.ts";
import type { Schedule } from "./schedule.ts";

/** The options of {@link noam}. */
export interface NoamOptions {
	/** The width of the model. */
	readonly modelDim: number;
	/** How many updates the linear rise takes. Default 4000, as in the paper. */
	readonly warmupSteps?: number;
	/** Multiplies every rate. Default 1. */
	readonly factor?: number;
}

/**
 * The schedule of the first Transformer, named after one of its authors. With t = step + 1:
 *
 *     rate(step) = factor · modelDim^-½ · min(t^-½, t · warmupSteps^-1½)
 *
 * Paper: Attention Is All You Need, https://arxiv.org/abs/1706.03762, section 5.3.
 */
export function noam(options: NoamOptions): Schedule {
	checkOptions("noam", options, ["modelDim", "warmupSteps", "factor"]);
	const { modelDim, warmupSteps = 4000, factor = 1 } = options;
	checkNumber("noam", "modelDim", modelDim, { integer: true, min: 1 });
	checkNumber("noam", "warmupSteps", warmupSteps, { integer: true, min: 1 });
	checkNumber("noam", "factor", factor, { min: 0 });
	return inverseSquareRoot({ rate: factor / Math.sqrt(modelDim * warmupSteps), warmupSteps });
}
