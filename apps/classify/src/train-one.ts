import { countWeights, type OpenTraining } from "@heed/command-line";
import { buildClassifier, shapeOf } from "./classifier.ts";
import type { Codec } from "./codec.ts";
import { judge } from "./judge.ts";
import { clearOutcome, type Outcome, writeOutcome } from "./outcome.ts";
import type { ModelSettings, Settings } from "./settings.ts";
import type { TaskData } from "./task-data.ts";
import { trainModel } from "./train-model.ts";
import { type Shown, writeReport } from "./write-report.ts";

/** Trains one model, judges it on the held-out pictures and leaves both in its folder, with a report. */
export async function trainOne(
	training: OpenTraining<ModelSettings, Codec>,
	settings: Settings,
	data: TaskData,
): Promise<Shown & { readonly outcome: Outcome }> {
	const { codec, train, test } = data;
	const { folder, minutes, stored } = training;
	const model = buildClassifier(shapeOf(settings.model, codec));
	if (stored === undefined) await clearOutcome(folder.path); // or that of an older training would pass for its own
	const { epochs, bestEpoch } = await trainModel(training, model, data, settings);
	const verdict = await judge(model, test);
	const outcome: Outcome = {
		...{ ...verdict, settings, codec, epochs, best: bestEpoch, train: train.count, test: test.count },
		...{ weights: countWeights({ weights: model.trained }), seconds: minutes() * 60 },
	};
	await writeOutcome(folder.path, outcome);
	const shown = await writeReport(folder, model, { outcome, data });
	model.dispose();
	return { ...shown, outcome };
}
