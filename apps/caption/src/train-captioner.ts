import { defaultFolder, type OutputFolder, openTraining, say } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { writeFileAtomically } from "@heed/io/node";
import { judge, type Verdict } from "./judge.ts";
import { Captioner } from "./model/captioner.ts";
import type { TrainOptions } from "./options.ts";
import { renderReport } from "./report.ts";
import { checkTogether, resumedSettings, type Settings, settingsFor, type Task } from "./settings.ts";
import { defaultName, store } from "./store.ts";
import { type TaskData, taskData } from "./task-data.ts";
import { trainModel } from "./train-model.ts";

/** What a training comes to. */
export interface Outcome {
	readonly folder: OutputFolder;
	readonly settings: Settings;
	readonly verdict: Verdict;
	readonly weights: number;
	/** How long the processor worked on this run, with the report. */
	readonly minutes: number;
}

/**
 * Trains a captioner, judges it on held-out pictures, and leaves its folder with a checkpoint, the model, the metrics and a
 * report. Progress goes to stderr.
 *
 * @param again The command that goes on with it, if it is not `caption train --resume`: a comparison, whose options some of its
 * captioners read and some do not.
 * @param known The data, where they were read before.
 */
export async function trainCaptioner(
	options: TrainOptions,
	again?: string,
	known?: TaskData,
): Promise<Outcome> {
	const training = await openTraining(store, options, defaultFolder(options.data, defaultName), again);
	const { folder, stored } = training;
	const task: Task = options.data === undefined ? "scenes" : "pictures";
	const settings =
		stored === undefined ? settingsFor(task, options) : resumedSettings(stored, task, options, folder.path);
	if (again === undefined) checkTogether(settings.model, options);
	const data = known ?? taskData(settings, options);
	await startBackend(options.backend);
	const model = new Captioner(settings.model, data.vocabulary.size);
	const trained = await trainModel(training, model, data, settings);
	const heldOut = data.heldOut.reduce((sum, { pictures }) => sum + pictures.length, 0);
	say(`Describing ${heldOut} held-out pictures …`);
	const verdict = await judge(model, data, settings);
	model.dispose();
	const report = renderReport({
		...{ ...verdict, ...trained, settings },
		facts: [
			["training pictures", data.train.length],
			["held-out pictures", heldOut],
			["words", data.vocabulary.size],
			...trained.facts(),
		],
	});
	await writeFileAtomically(folder.report, report);
	return { folder, settings, verdict, weights: trained.weights, minutes: training.minutes() };
}
