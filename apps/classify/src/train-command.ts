import { defaultFolder, openTraining, print, typedCommand } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import type { TrainOptions } from "./options.ts";
import { accuracyText } from "./report-parts.ts";
import { resumedSettings, settingsFor } from "./settings.ts";
import { defaultName, store } from "./store.ts";
import { readPictures, taskData } from "./task-data.ts";
import { trainOne } from "./train-one.ts";

/**
 * `classify train`: trains a network, judges it on held-out pictures, and leaves its folder with a checkpoint, the model, the
 * metrics, the result and a report. Progress goes to stderr, results to stdout.
 */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const training = await openTraining(store, options, defaultFolder(options.data, defaultName));
	const { folder, stored } = training;
	const task = options.data === undefined ? "digits" : "files";
	const settings =
		stored === undefined ? settingsFor(task, options) : resumedSettings(stored, task, options, folder.path);
	const data = taskData(readPictures(options), settings.model.limit, options, stored?.codec);
	await startBackend(options.backend);
	const { outcome, stepTime } = await trainOne(training, settings, data);

	await print(
		`held-out accuracy ${accuracyText(outcome)} with ${settings.model.attention}, ${outcome.weights} weights, ` +
			`${stepTime.toFixed(0)} ms of the processor per step, after ${(outcome.seconds / 60).toFixed(1)} minutes of it`,
	);
	const run = typedCommand("classify run", {
		model: folder.path,
		data: options.data,
		backend: options.backend,
	});
	await print(`Report: ${folder.report}\nRecognise with: ${run} picture.png`);
}
