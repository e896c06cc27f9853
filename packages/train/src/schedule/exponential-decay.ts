import { checkNumber, checkOptions } from "@heed/core";
import type { Schedule } from "./schedule.ts";

/** The options of {@link exponentialDecay}. */
export interface ExponentialDecayOptions {
	/** The first rate. */
	readonly rate: number;
	/** What the rate is multiplied by after `every` updates, in (0, 1]. */
	readonly factor: number;
	/** Over how many updates the factor acts, at least 1. */
	readonly every: number;
	/** In steps of `every` updates instead of smoothly. Default false. */
	readonly staircase?: boolean;
}

/**
 * Falls by a factor, smoothly or in steps:
 *
 *     rate(step) = rate · factor^(step / every)            smoothly
 *                = rate · factor^floor(step / every)       as a staircase
 */
export function exponentialDecay(options: ExponentialDecayOptions): Schedule {
	const where = "exponentialDecay";
	checkOptions(where, options, ["rate", "factor", "every", "staircase"]);
	const { rate, factor, every, staircase = false } = options;
	checkNumber(where, "rate", rate, { min: 0 });
	checkNumber(where, "factor", factor, { above: 0, max: 1 });
	checkNumber(where, "every", every, { integer: true, min: 1 });
	return (step) => rate * factor ** (staircase ? Math.floor(step / every) : step / every);
}
