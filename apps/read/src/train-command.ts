import { defaultFolder, heatMap, openTraining, print, say, typedCommand } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { writeFileAtomically } from "@heed/io/node";
import { buildModel } from "./build-model.ts";
import { judge } from "./judge.ts";
import type { TrainOptions } from "./options.ts";
import { sentenceMap } from "./reading.ts";
import { renderReport } from "./report.ts";
import { percentOf, type Score } from "./score.ts";
import { resumedSettings, settingsFor } from "./settings.ts";
import { defaultName, store } from "./store.ts";
import { taskData } from "./task-data.ts";
import { trainModel } from "./train-model.ts";

/**
 * `read train`: trains a reader, judges it on held-out questions, and leaves its folder with a checkpoint, the model,
 * the metrics and a report. Progress goes to stderr, results to stdout.
 */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const task = options.data === undefined ? "stories" : "file";
	const training = await openTraining(store, options, defaultFolder(options.data, defaultName));
	const { folder, stored, minutes } = training;
	const settings =
		stored === undefined ? settingsFor(task, options) : resumedSettings(stored, task, options, folder.path);
	const data = taskData(settings.model, options.data);
	await startBackend(options.backend);
	const model = buildModel(settings.model, data.codec);
	const trained = await trainModel(training, model, data, settings);

	say("Answering held-out questions …");
	const verdict = await judge(model, data, settings);
	model.dispose();
	const report = renderReport({
		...{ ...verdict, settings, curve: trained.curve, bestEpoch: trained.bestEpoch },
		facts: [["training questions", data.train.length], ...trained.facts()],
	});
	await writeFileAtomically(folder.report, report);

	for (const sample of verdict.samples) await print(`${heatMap(sentenceMap(sample))}\n`);
	for (const score of verdict.scores) await print(linesOf(score));
	await print(`after ${minutes().toFixed(1)} minutes of the processor`);
	const run = typedCommand("read run", { model: folder.path, backend: options.backend });
	await print(`Report: ${folder.report}\nAsk with: ${run} "A story. A sentence of it with XXXXX."`);
}

/** The score of a set, and below it that of each kind of question. */
function linesOf(score: Score): string {
	const first = `${score.name}: ${percentOf(score)}`;
	if (score.kinds.length < 2) return first;
	const width = Math.max(...score.kinds.map(({ kind }) => kind.length));
	return [first, ...score.kinds.map((of) => `  ${of.kind.padEnd(width)}  ${percentOf(of)}`)].join("\n");
}
