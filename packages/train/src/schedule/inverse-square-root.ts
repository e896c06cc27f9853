import { checkNumber, checkOptions } from "@heed/core";
import type { Schedule } from "./schedule.ts";

/** The options of {@link inverseSquareRoot}. */
export interface InverseSquareRootOptions {
	/** The highest rate, reached at the end of the warm-up. */
	readonly rate: number;
	/** How many updates the linear rise takes, at least 1. */
	readonly warmupSteps: number;
}

/**
 * Rises linearly, then falls with the square root of the time. With t = step + 1 and w = warmupSteps:
 *
 *     rate(step) = rate · min(t / w, √(w / t))
 */
export function inverseSquareRoot(options: InverseSquareRootOptions): Schedule {
	checkOptions("inverseSquareRoot", options, ["rate", "warmupSteps"]);
	const { rate, warmupSteps } = options;
	checkNumber("inverseSquareRoot", "rate", rate, { min: 0 });
	checkNumber("inverseSquareRoot", "warmupSteps", warmupSteps, { integer: true, min: 1 });
	return (step) => rate * Math.min((step + 1) / warmupSteps, Math.sqrt(warmupSteps / (step + 1)));
}
