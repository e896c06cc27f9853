import { defaultFolder, heatMap, openTraining, print, say, typedCommand } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { writeFileAtomically } from "@heed/io/node";
import { judge } from "./judge.ts";
import { lookMap } from "./look.ts";
import { buildModel } from "./model/read-pictures.ts";
import { trainModel } from "./model/train-model.ts";
import type { TrainOptions } from "./options.ts";
import { renderReport } from "./report.ts";
import { scoreText } from "./score.ts";
import { resumedSettings, settingsFor } from "./settings.ts";
import { defaultName, store } from "./store.ts";
import { taskData } from "./task-data.ts";

/**
 * `ocr train`: draws words, learns to read them, judges itself on words and fonts that it has not seen, and leaves its folder with a
 * checkpoint, the model, the metrics and a report. Progress goes to stderr, results to stdout.
 */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const training = await openTraining(store, options, defaultFolder(undefined, defaultName));
	const { folder, stored, minutes } = training;
	const settings =
		stored === undefined ? settingsFor(options) : resumedSettings(stored, options, folder.path);
	const data = taskData(settings.run);
	await startBackend(options.backend);
	const model = buildModel(settings.model, data.letters);
	const trained = await trainModel(training, model, data, settings);

	say("Reading held-out words in known and in new fonts …");
	const kinds = await judge(model, data.letters, data.words.test, data.faces, settings.run);
	model.dispose();
	const report = renderReport({
		...{ kinds, settings, curve: trained.curve, bestEpoch: trained.bestEpoch },
		facts: [["pictures learned from", trained.epochs * settings.model.pictures], ...trained.facts()],
	});
	await writeFileAtomically(folder.report, report);

	const [sample] = kinds.flatMap(({ samples }) => samples);
	if (sample !== undefined)
		await print(`${heatMap(lookMap(sample, `${sample.word}, read ${sample.text}`))}\n`);
	for (const { name, score } of kinds) await print(`${name}: ${scoreText(score)}`);
	await print(`after ${minutes().toFixed(1)} minutes of the processor\nReport: ${folder.report}`);
	await print(
		`Read with: ${typedCommand("ocr run", { model: folder.path, backend: options.backend })} word.png`,
	);
}
