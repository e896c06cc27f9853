import { defaultFolder, openTraining, print, say, typedCommand } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { writeFileAtomically } from "@heed/io/node";
import { buildModel } from "./classify.ts";
import { judge } from "./judge.ts";
import type { TrainOptions } from "./options.ts";
import { readBrown } from "./read-brown.ts";
import { readDocuments } from "./read-documents.ts";
import { renderReport, sampleTitle } from "./report.ts";
import { scoreText } from "./score.ts";
import { resumedSettings, settingsFor } from "./settings.ts";
import { defaultName, store } from "./store.ts";
import { taskData } from "./task-data.ts";
import { shadedText } from "./terminal.ts";
import { trainModel } from "./train-model.ts";

/**
 * `genre train`: trains a classifier, judges it on held-out documents, and leaves its folder with a checkpoint, the model, the
 * metrics and a report. Progress goes to stderr, results to stdout.
 */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const task = options.data === undefined ? "brown" : "file";
	const training = await openTraining(store, options, defaultFolder(options.data, defaultName));
	const { folder, stored, minutes } = training;
	const settings =
		stored === undefined ? settingsFor(task, options) : resumedSettings(stored, task, options, folder.path);
	const documents = options.data === undefined ? readBrown() : readDocuments(options.data);
	const data = taskData(settings.model, documents);
	const { train, heldOut, codec } = data;
	await startBackend(options.backend);
	const model = buildModel(settings.model, codec);
	const trained = await trainModel(training, model, data, settings);

	say(`Classifying ${heldOut.length} held-out pieces …`);
	const verdict = await judge(model, data, settings.run);
	model.dispose();
	const report = renderReport({
		...{ ...verdict, settings, labels: codec.labels, curve: trained.curve, bestEpoch: trained.bestEpoch },
		facts: [
			["training pieces", train.length],
			["held-out documents", verdict.model.documents.total],
			["held-out pieces", heldOut.length],
			["labels", codec.labels.length],
			["words with a vector", codec.words.size],
			...trained.facts(),
		],
	});
	await writeFileAtomically(folder.report, report);

	for (const sample of settings.model.pooling === "mean" ? [] : verdict.samples) {
		await print(`${sampleTitle(sample, codec.labels)}\n${shadedText(sample.classification.sentences)}\n`);
	}
	for (const { name, documents, pieces } of [verdict.model, ...verdict.baselines]) {
		await print(`${name}: held-out documents: ${scoreText(documents)}; pieces: ${scoreText(pieces)}`);
	}
	await print(`after ${minutes().toFixed(1)} minutes of the processor`);
	const run = typedCommand("genre run", { model: folder.path, backend: options.backend });
	await print(`Report: ${folder.report}\nClassify with: ${run} < letter.txt`);
}
