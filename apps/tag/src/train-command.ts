import { defaultFolder, heatMap, openTraining, print, say, typedCommand } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { writeFileAtomically } from "@heed/io/node";
import { judge } from "./judge.ts";
import type { TrainOptions } from "./options.ts";
import { renderReport } from "./report.ts";
import { resumedSettings, settingsFor } from "./settings.ts";
import { defaultName, store } from "./store.ts";
import { buildModel } from "./tag-sentences.ts";
import { inlineTags, lookMap } from "./tagging.ts";
import { readSentences, taskData } from "./task-data.ts";
import { trainModel } from "./train-model.ts";

/**
 * `tag train`: trains a tagger, judges it on held-out sentences, and leaves its folder with a checkpoint, the model, the
 * metrics and a report. Progress goes to stderr, results to stdout.
 */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const training = await openTraining(store, options, defaultFolder(options.data, defaultName));
	const { folder, stored } = training;
	const { wordColumn, tagColumn } = stored?.settings ?? options;
	const columns = {
		...(wordColumn !== undefined && { wordColumn }),
		...(tagColumn !== undefined && { tagColumn }),
	};
	const sentences = readSentences({ ...options, ...columns });
	const settings =
		stored === undefined
			? settingsFor(sentences.task, options)
			: resumedSettings(stored, sentences.task, options, folder.path);
	const data = taskData(settings.model, sentences);
	await startBackend(options.backend);
	const model = buildModel(settings.model, data.codec);
	const trained = await trainModel(training, model, data, settings);
	say(`Tagging ${data.heldOut.length} held-out sentences …`);
	const verdict = await judge(model, data, settings);
	model.dispose();
	const report = renderReport({
		...{ ...verdict, ...trained, settings },
		facts: [
			["training sentences", data.train.length],
			["held-out sentences", data.heldOut.length],
			["tags", data.codec.tags.length],
			...trained.facts(),
		],
	});
	await writeFileAtomically(folder.report, report);

	for (const sample of verdict.samples) {
		await print(`${inlineTags(sample)}\n`);
		const map = heatMap(lookMap(sample));
		if (map !== "") await print(`${map}\n`);
	}
	await print(
		`held-out ${verdict.score.text}, after ${training.minutes().toFixed(1)} minutes of the processor`,
	);
	await print(`each word's most frequent tag: ${verdict.wordsAlone.text}`);
	const run = typedCommand("tag run", { model: folder.path, backend: options.backend });
	await print(`Report: ${folder.report}\nTag with: ${run} "A sentence ."`);
}
