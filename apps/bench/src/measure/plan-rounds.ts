/** How long and how often is measured. Times in milliseconds. */
export interface Effort {
	/** Time for all runs of one contender on one workload. */
	readonly budget: number;
	/** Runs at least, also when they take longer than the budget … */
	readonly fewest: number;
	/** … but then not longer than this together. What takes longer by itself is not run again. */
	readonly longest: number;
	/** Runs at most. */
	readonly most: number;
}

/** Who runs in which round. */
export interface Rounds {
	readonly count: number;
	takesPart(lane: number, round: number): boolean;
}

/**
 * Spreads the runs over rounds, in which everybody runs once at most: A B C A B C …, so that whatever else the machine
 * does meets all alike. Slow ones stand back in some rounds, evenly.
 *
 * @param times About how long a run of each lane takes.
 */
export function planRounds(times: readonly number[], effort: Effort): Rounds {
	const runs = times.map((time) => runsOf(time, effort));
	const count = Math.max(0, ...runs);
	const dueBy = (lane: number, round: number): number => Math.floor(((runs[lane] ?? 0) * round) / count);
	return { count, takesPart: (lane, round) => dueBy(lane, round + 1) > dueBy(lane, round) };
}

function runsOf(time: number, { budget, fewest, longest, most }: Effort): number {
	const within = (limit: number): number => Math.floor(limit / Math.max(time, 1e-6));
	return Math.min(most, Math.max(within(budget), Math.min(fewest, within(longest))));
}
