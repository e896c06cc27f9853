import { defaultFolder, openTraining, print, typedCommand } from "@heed/command-line";
import type { TrainOptions } from "./options.ts";
import { sentenceOf } from "./pictures.ts";
import { describeScore } from "./score.ts";
import { resumedSettings, settingsFor } from "./settings.ts";
import { store } from "./store.ts";
import { taskData } from "./task-data.ts";
import { trainOne } from "./train-one.ts";

/** `video-qa train`: see {@link trainOne}. Progress goes to stderr, results to stdout. */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const task = options.data === undefined ? "digits" : "folder";
	const fresh = settingsFor(task, options);
	const training = await openTraining(store, options, defaultFolder(options.data, fresh.model.attention));
	const { folder, stored } = training;
	const settings = stored === undefined ? fresh : resumedSettings(stored, task, options, folder.path);
	const data = taskData(settings.model, settings.run.heldOut, options.data);
	const { verdict } = await trainOne(training, settings, data, options);

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
