import { defaultFolder, openTraining, print, say, typedCommand } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { writeFileAtomically } from "@heed/io/node";
import { buildModel } from "./build-model.ts";
import { judge } from "./judge.ts";
import type { TrainOptions } from "./options.ts";
import { sentenceOf } from "./pictures.ts";
import { renderReport } from "./report.ts";
import { describeScore } from "./score.ts";
import { resumedSettings, settingsFor } from "./settings.ts";
import { store } from "./store.ts";
import { taskData } from "./task-data.ts";
import { countQuestions, trainModel } from "./train-model.ts";

/**
 * `video-qa train`: trains a model, judges it on held-out videos, and leaves its folder with a checkpoint, the model, the
 * metrics and a report. Progress goes to stderr, results to stdout.
 */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const task = options.data === undefined ? "digits" : "folder";
	const fresh = settingsFor(task, options);
	const training = await openTraining(store, options, defaultFolder(options.data, fresh.model.attention));
	const { folder, stored } = training;
	const settings = stored === undefined ? fresh : resumedSettings(stored, task, options, folder.path);
	const data = taskData(settings.model, settings.run.heldOut, options.data);
	await startBackend(options.backend);
	const model = buildModel(settings.model, data.codec);
	const trained = await trainModel(training, model, data, settings);

	say(`Answering ${countQuestions(data.test)} questions about ${data.test.length} held-out videos …`);
	const verdict = await judge(model, data.codec, data, settings.run.samples);
	const report = renderReport({
		...{ ...verdict, ...trained, settings },
		facts: [
			["training videos", data.train.length],
			["training questions", countQuestions(data.train)],
			["held-out videos", data.test.length],
			...trained.facts(),
		],
	});
	await writeFileAtomically(folder.report, report);
	model.dispose();

	for (const look of verdict.samples.flat()) await print(`video ${look.video.name}: ${sentenceOf(look)}`);
	await print(
		`held-out ${describeScore(verdict.score)}, after ${training.minutes().toFixed(1)} minutes of the processor`,
	);
	await print(`the question alone: ${describeScore(verdict.majority)}`);
	const { backend } = options;
	const run = typedCommand("video-qa run", {
		model: folder.path,
		...(task === "folder" && { frames: "FOLDER" }),
		backend,
	});
	await print(`Report: ${folder.report}\nAsk with: ${run} "${data.test[0]?.questions[0]?.text}"`);
}
