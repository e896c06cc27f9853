import { accuracyOf, type Outcome } from "./outcome.ts";

/** What one attention came to, over all seeds. */
export interface ComparedRow {
	readonly outcomes: readonly Outcome[];
	/** Mean, least and largest accuracy of the seeds, 0 to 1. */
	readonly accuracy: number;
	readonly least: number;
	readonly largest: number;
	/** Pictures that it recognised and the network without attention did not, and the other way round. */
	readonly against?: Difference | undefined;
	readonly weights: number;
	/** Milliseconds of a step. */
	readonly stepTime: number;
	/** Of the processor, all trainings together. */
	readonly minutes: number;
}

/** How two models differ on the same pictures. */
export interface Difference {
	/** Pictures that the one recognised and the other did not, the mean of the seeds, and the other way round. */
	readonly better: number;
	readonly worse: number;
	/** The difference in units of what chance alone makes of two equally good models; below 2 it says nothing. */
	readonly deviations: number;
}

/** Sums up the trainings of one attention. */
export function compareRow(
	outcomes: readonly Outcome[],
	stepTime: number,
	against: { readonly baseline: readonly Outcome[]; readonly labels: ArrayLike<number> } | undefined,
): ComparedRow {
	const accuracies = outcomes.map(accuracyOf);
	return {
		outcomes,
		accuracy: accuracies.reduce((a, b) => a + b, 0) / accuracies.length,
		least: Math.min(...accuracies),
		largest: Math.max(...accuracies),
		against: against && differenceOf(outcomes, against.baseline, against.labels),
		weights: outcomes[0]?.weights ?? 0,
		stepTime,
		minutes: outcomes.reduce((sum, { seconds }) => sum + seconds / 60, 0),
	};
}

/**
 * Compares trainings of the same seeds picture by picture. A picture counts once, by the mean of the seeds: that several networks
 * fail at the same pictures is no more evidence than that one does.
 *
 *     d[picture] = mean over seeds of (recognised here − recognised there);  deviations = Σ d / √(Σ d²)
 */
export function differenceOf(
	outcomes: readonly Outcome[],
	baseline: readonly Outcome[],
	labels: ArrayLike<number>,
): Difference {
	let [better, worse] = [0, 0];
	const differences = Array.from(labels, (label, at) => {
		let sum = 0;
		for (const [i, { predicted }] of outcomes.entries()) {
			const [here, there] = [predicted[at] === label, baseline[i]?.predicted[at] === label];
			if (here && !there) better++;
			if (there && !here) worse++;
			sum += Number(here) - Number(there);
		}
		return sum / outcomes.length;
	});
	const squares = differences.reduce((sum, difference) => sum + difference ** 2, 0);
	const difference = (better - worse) / outcomes.length;
	return {
		better: better / outcomes.length,
		worse: worse / outcomes.length,
		deviations: squares === 0 ? 0 : difference / Math.sqrt(squares),
	};
}
