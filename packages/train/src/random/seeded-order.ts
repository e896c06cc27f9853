import { checkNumber } from "@heed/core";
import { mix } from "./mix.ts";

/**
 * The order of `count` things in one epoch: a Fisher–Yates shuffle of 0 … count - 1.
 *
 * It depends on its arguments alone, not on what was drawn before, so a run that resumes at any epoch sees the order that
 * it would have seen.
 *
 * @param count How many things there are.
 * @param seed Any whole number, 0 too.
 * @param epoch Which epoch, from 0.
 */
export function seededOrder(count: number, seed: number, epoch: number): Int32Array {
	checkNumber("seededOrder", "count", count, { integer: true, min: 0 });
	checkNumber("seededOrder", "seed", seed, { integer: true });
	checkNumber("seededOrder", "epoch", epoch, { integer: true, min: 0 });
	const order = Int32Array.from({ length: count }, (_, index) => index);
	for (let last = count - 1; last > 0; last--) {
		const pick = Math.floor((mix(seed, epoch, last) / 0x100000000) * (last + 1));
		const kept = order[last] ?? 0;
		order[last] = order[pick] ?? 0;
		order[pick] = kept;
	}
	return order;
}
