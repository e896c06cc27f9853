import { accuracyOf, type Outcome } from "./outcome.ts";

/** What one attention came to, over all seeds. */
export interface ComparedRow {
	readonly outcomes: readonly Outcome[];
	/** Mean, least and largest accuracy of the seeds, 0 to 1. */
	readonly accuracy: number;
	readonly least: number;
	readonly largest: number;
	/** Pictures that it recognised and the network without attention did not, and the other way round, of all seeds together. */
	readonly against?: Difference | undefined;
	readonly weights: number;
	/** Milliseconds of a step. */
	readonly stepTime: number;
	/** Of the processor, all trainings together. */
	readonly minutes: number;
}

/** How two models differ on the same pictures. */
export interface Difference {
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

/** Compares trainings of the same seeds picture by picture. */
export function differenceOf(
	outcomes: readonly Outcome[],
	baseline: readonly Outcome[],
	labels: ArrayLike<number>,
): Difference {
	let [better, worse] = [0, 0];
	outcomes.forEach(({ predicted }, i) => {
		const other = baseline[i]?.predicted ?? [];
		predicted.forEach((found, at) => {
			const [here, there] = [found === labels[at], other[at] === labels[at]];
			if (here && !there) better++;
			if (there && !here) worse++;
		});
	});
	return { better, worse, deviations: (better - worse) / Math.sqrt(Math.max(1, better + worse)) };
}
