import { checkNumber, checkOptions } from "@heed/core";
import type { Schedule } from "./schedule.ts";

/** The options of {@link cosineDecay}. */
export interface CosineDecayOptions {
	/** The first rate. */
	readonly rate: number;
	/** After this many updates the rate is `floor` and stays there. */
	readonly steps: number;
	/** The last rate. Default 0. */
	readonly floor?: number;
}

/**
 * Falls along half a cosine:
 *
 *     rate(step) = floor + (rate - floor) · (1 + cos(π · min(step / steps, 1))) / 2
 *
 * Paper: SGDR: Stochastic Gradient Descent with Warm Restarts, https://arxiv.org/abs/1608.03983 (without restarts).
 */
export function cosineDecay(options: CosineDecayOptions): Schedule {
	checkOptions("cosineDecay", options, ["rate", "steps", "floor"]);
	const { rate, steps, floor = 0 } = options;
	checkNumber("cosineDecay", "rate", rate, { min: 0 });
	checkNumber("cosineDecay", "steps", steps, { integer: true, min: 1 });
	checkNumber("cosineDecay", "floor", floor, { min: 0, max: rate });
	return (step) => floor + ((rate - floor) * (1 + Math.cos(Math.PI * Math.min(step / steps, 1)))) / 2;
}
