import { type OpenTraining, say, type Trained } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { writeFileAtomically } from "@heed/io/node";
import { buildModel } from "./build-model.ts";
import type { Codec } from "./codec.ts";
import { judge, type Verdict } from "./judge.ts";
import type { TrainOptions } from "./options.ts";
import { renderReport } from "./report.ts";
import type { ModelSettings, Settings } from "./settings.ts";
import type { TaskData } from "./task-data.ts";
import { countQuestions, trainModel } from "./train-model.ts";

/** Trains a model, judges it on held-out videos, and leaves its folder with a checkpoint, the model, the metrics and a report. */
export async function trainOne(
	training: OpenTraining<ModelSettings, Codec>,
	settings: Settings,
	data: TaskData,
	{ backend }: Pick<TrainOptions, "backend">,
): Promise<{ readonly verdict: Verdict; readonly trained: Trained }> {
	await startBackend(backend);
	const model = buildModel(settings.model, data.codec);
	const trained = await trainModel(training, model, data, settings);
	say(`Answering ${countQuestions(data.test)} questions about ${data.test.length} held-out videos …`);
	const verdict = await judge(model, data.codec, data, settings.run.samples);
	model.dispose();
	const report = renderReport({
		...{ ...verdict, ...trained, settings },
		facts: [
			["training videos", data.train.length],
			["training questions", countQuestions(data.train)],
			["held-out videos", data.test.length],
			...trained.facts(),
		],
	});
	await writeFileAtomically(training.folder.report, report);
	return { verdict, trained };
}
