import { type OutputFolder, say } from "@heed/command-line";
import { writeFileAtomically } from "@heed/io/node";
import { readLossCurve } from "@heed/train/node";
import { channelMaps } from "./channel-maps.ts";
import { type Classifier, shapeOf } from "./classifier.ts";
import type { Outcome } from "./outcome.ts";
import { renderReport } from "./report.ts";
import { chooseSamples, samplesOf } from "./samples.ts";
import { stepTimes } from "./step-time.ts";
import type { TaskData } from "./task-data.ts";

/** What the terminal shows of a report as well. */
export interface Shown {
	/** Milliseconds of a step. */
	readonly stepTime: number;
}

/** Looks at some held-out pictures, measures a step, and writes the report of a training. */
export async function writeReport(
	folder: OutputFolder,
	model: Classifier,
	{ outcome, data: { codec, train, test } }: { readonly outcome: Outcome; readonly data: TaskData },
): Promise<Shown> {
	say("Looking at held-out pictures …");
	const { settings, predicted } = outcome;
	const correct = predicted.map((found, i) => found === test.labels[i]);
	const chosen = chooseSamples(test.labels, correct, settings.run.samples);
	const [right, wrong] = [
		await samplesOf(model, test, chosen.right),
		await samplesOf(model, test, chosen.wrong),
	];
	const [stepTime = Number.NaN] = await stepTimes(
		[shapeOf(settings.model, codec)],
		train,
		settings.model.batchSize,
	);
	const channels = await channelMaps(model, test, codec.classes);
	const curve = await readLossCurve(folder.metrics);
	await writeFileAtomically(
		folder.report,
		renderReport({ outcome, test, curve, right, wrong, channels, stepTime }),
	);
	return { stepTime };
}
