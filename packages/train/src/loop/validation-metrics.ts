import { type BatchSource, releaseBatch } from "../batch/batch-source.ts";
import { stepSeed } from "../random/step-seed.ts";
import { lossOfBatch } from "./loss-of-batch.ts";
import { MetricAverage } from "./metric-average.ts";
import type { TrainOptions } from "./train-options.ts";

/** Where a run is that validates. */
export interface ValidationMoment {
	readonly epoch: number;
	readonly step: number;
	readonly seed: number;
	/** Is told how many batches are done; true ends the validation without a result. */
	readonly afterBatch: (done: number) => Promise<boolean>;
}

/** The means over all batches of a validation, named `valLoss`, `valAccuracy`, …, or nothing when it was ended. */
export async function validationMetrics<Batch>(
	source: BatchSource<Batch>,
	loss: TrainOptions<Batch>["loss"],
	{ epoch, step, seed, afterBatch }: ValidationMoment,
): Promise<Record<string, number> | undefined> {
	const averages = new MetricAverage();
	for (let index = 0; index < source.batches; index++) {
		const place = { epoch: 0, index, seed };
		const batch = await source.batch(place);
		try {
			const context = { training: false, epoch, step, seed: stepSeed(seed, index) };
			const result = await lossOfBatch(loss, batch, source.size(place), context);
			averages.add(result.metrics, result.weight);
		} finally {
			releaseBatch(source, batch);
		}
		if (await afterBatch(index + 1)) return undefined;
	}
	const named = Object.entries(averages.means()).map(
		([name, mean]) => [`val${name.charAt(0).toUpperCase()}${name.slice(1)}`, mean] as const,
	);
	return Object.fromEntries(named);
}
