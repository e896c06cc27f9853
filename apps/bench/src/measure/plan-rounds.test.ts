import { describe, expect, it } from "vitest";
import { type Effort, planRounds } from "./plan-rounds.ts";

const effort: Effort = { budget: 100, fewest: 3, longest: 1000, most: 20 };

/** In which rounds each lane runs. */
function schedule(times: readonly number[]): number[][] {
	const { count, takesPart } = planRounds(times, effort);
	return times.map((_, lane) => Array.from({ length: count }, (_, r) => r).filter((r) => takesPart(lane, r)));
}

describe("planRounds", () => {
	it("lets everybody run as often as the budget allows, within bounds", () => {
		const runs = schedule([10, 1, 60, 400, 600, 1001]).map((rounds) => rounds.length);
		expect(runs).toEqual([10, 20, 3, 2, 1, 0]); // 10 × 10, at most 20, at least 3, while they fit into 1000
	});

	it("spreads the runs of slow ones evenly over the rounds", () => {
		expect(schedule([5, 20, 300])).toEqual([
			Array.from({ length: 20 }, (_, round) => round),
			[3, 7, 11, 15, 19],
			[6, 13, 19],
		]);
	});

	it("has no rounds without lanes", () => expect(planRounds([], effort).count).toBe(0));
});
