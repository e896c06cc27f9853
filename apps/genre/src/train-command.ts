import {
	checkFolder,
	countWeights,
	defaultFolder,
	InterruptedError,
	outputFolder,
	prepareFolder,
	print,
	say,
	trainingObservers,
	typedCommand,
} from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { writeFileAtomically } from "@heed/io/node";
import { readLossCurve } from "@heed/train/node";
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
	const started = performance.now();
	const task = options.data === undefined ? "brown" : "file";
	const folder = outputFolder(options.out ?? defaultFolder(options.data, defaultName));
	await checkFolder(folder, options);
	const stored = options.resume ? await store.readTraining(folder.checkpoint) : undefined;
	const settings =
		stored === undefined
			? settingsFor(task, options)
			: resumedSettings(stored.settings, task, options, folder.path);
	const documents = options.data === undefined ? readBrown() : readDocuments(options.data);
	const data = taskData(settings.model, documents, stored?.codec);
	const { train, validation, heldOut, codec } = data;
	await prepareFolder(folder);
	await startBackend(options.backend);
	const model = buildModel(settings.model, codec);

	say(
		`${train.length} pieces to learn from, ${validation.length} to decide when to stop, ` +
			`${heldOut.length} held out; ${codec.labels.length} labels; ${countWeights(model)} weights.`,
	);
	const { history, reason, best } = await trainModel(model, data, {
		settings,
		config: store.checkpointConfig(settings.model, codec),
		state: stored?.state,
		observers: trainingObservers(folder, {
			examples: train.length,
			batchSize: settings.model.batchSize,
		}),
	});
	await store.writeModel(folder.path, settings.model, codec, model.weights);
	if (reason === "interrupted") {
		throw new InterruptedError(`interrupted. Go on with: ${resumeCommand(folder.path, options)}`);
	}

	say(`Classifying ${heldOut.length} held-out pieces …`);
	const verdict = await judge(model, data, settings.run);
	const minutes = (performance.now() - started) / 60_000;
	const report = renderReport({
		...verdict,
		settings,
		labels: codec.labels,
		curve: await readLossCurve(folder.metrics),
		bestEpoch: best?.epoch ?? history.length,
		facts: [
			["training pieces", train.length],
			["held-out documents", verdict.model.documents.total],
			["held-out pieces", heldOut.length],
			["labels", codec.labels.length],
			["words with a vector", codec.words.size],
			["weights", countWeights(model)],
			["epochs", best === undefined ? history.length : `${history.length}, best ${best.epoch}`],
			["minutes, this run", minutes.toFixed(1)],
		],
	});
	await writeFileAtomically(folder.report, report);
	model.dispose();

	for (const sample of settings.model.pooling === "mean" ? [] : verdict.samples) {
		await print(`${sampleTitle(sample, codec.labels)}\n${shadedText(sample.classification.sentences)}\n`);
	}
	for (const { name, documents, pieces } of [verdict.model, ...verdict.baselines]) {
		await print(`${name}: held-out documents: ${scoreText(documents)}; pieces: ${scoreText(pieces)}`);
	}
	await print(`after ${minutes.toFixed(1)} minutes`);
	const run = typedCommand("genre run", { model: folder.path, backend: options.backend });
	await print(`Report: ${folder.report}\nClassify with: ${run} < letter.txt`);
}

/** What goes on with this training: what a checkpoint does not keep has to be said again. */
function resumeCommand(out: string, options: TrainOptions): string {
	const { data, epochs, patience, samples, backend } = options;
	const again = { resume: true, out, data, epochs, patience, samples, backend };
	return typedCommand("genre train", again);
}
