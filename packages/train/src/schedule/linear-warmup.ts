import { checkNumber } from "@heed/core";
import type { Schedule } from "./schedule.ts";

/**
 * Rises from near 0 to the first rate of another schedule, which then begins:
 *
 *     rate(step) = after(0) · (step + 1) / steps    for step < steps
 *                = after(step - steps)              from then on
 *
 * @param steps How many updates the rise takes; 0 for none.
 * @param after The schedule that follows, or a number that stays.
 */
export function linearWarmup(steps: number, after: Schedule | number): Schedule {
	checkNumber("linearWarmup", "steps", steps, { integer: true, min: 0 });
	const next = typeof after === "number" ? () => after : after;
	return (step) => (step < steps ? (next(0) * (step + 1)) / steps : next(step - steps));
}
