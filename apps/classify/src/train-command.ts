import {
	checkFolder,
	defaultFolder,
	outputFolder,
	prepareFolder,
	print,
	say,
	typedCommand,
} from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import type { TrainOptions } from "./options.ts";
import { accuracyText } from "./report-parts.ts";
import { resumedSettings, settingsFor } from "./settings.ts";
import { defaultName, store } from "./store.ts";
import { readPictures, taskData } from "./task-data.ts";
import { trainOne } from "./train-one.ts";
import { writeReport } from "./write-report.ts";

/**
 * `classify train`: trains a network, judges it on held-out pictures, and leaves its folder with a checkpoint, the model, the
 * metrics, the result and a report. Progress goes to stderr, results to stdout.
 */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const folder = outputFolder(options.out ?? defaultFolder(options.data, defaultName));
	await checkFolder(folder, options);
	const stored = options.resume ? await store.readTraining(folder.checkpoint) : undefined;
	const task = options.data === undefined ? "digits" : "files";
	const settings =
		stored === undefined
			? settingsFor(task, options)
			: resumedSettings(stored.settings, task, options, folder.path);
	const data = taskData(readPictures(options), settings.model.limit, options, stored?.codec);
	await startBackend(options.backend);
	await prepareFolder(folder);

	const { epochs, patience, samples, backend } = options;
	const again = { resume: true, out: folder.path, data: options.data, epochs, patience, samples, backend };
	const { model, outcome } = await trainOne({
		...{ settings, data, folder, state: stored?.state },
		again: typedCommand("classify train", again),
	});
	say("Looking at held-out pictures …");
	const { stepTime } = await writeReport(folder, model, { outcome, data });
	model.dispose();

	await print(
		`held-out accuracy ${accuracyText(outcome)} with ${settings.model.attention}, ${outcome.weights} weights, ` +
			`${stepTime.toFixed(0)} ms of the processor per step, after ${(outcome.seconds / 60).toFixed(1)} minutes of it`,
	);
	const run = typedCommand("classify run", { model: folder.path, data: options.data, backend });
	await print(`Report: ${folder.report}\nRecognise with: ${run} picture.png`);
}
