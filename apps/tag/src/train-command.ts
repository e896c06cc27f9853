import {
	checkFolder,
	countWeights,
	defaultFolder,
	heatMap,
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
	const started = performance.now();
	const folder = outputFolder(options.out ?? defaultFolder(options.data, defaultName));
	await checkFolder(folder, options);
	const stored = options.resume ? await store.readTraining(folder.checkpoint) : undefined;
	const { wordColumn, tagColumn } = stored?.settings ?? options;
	const columns = {
		...(wordColumn !== undefined && { wordColumn }),
		...(tagColumn !== undefined && { tagColumn }),
	};
	const sentences = readSentences({ ...options, ...columns });
	const settings =
		stored === undefined
			? settingsFor(sentences.task, options)
			: resumedSettings(stored.settings, sentences.task, options, folder.path);
	const data = taskData(settings.model, sentences, stored?.codec);
	await startBackend(options.backend);
	const model = buildModel(settings.model, data.codec);
	await prepareFolder(folder);

	say(
		`${data.train.length} sentences to learn from, ${data.devSentences.length} to decide when to stop, ` +
			`${data.heldOut.length} held out; ${data.codec.tags.length} tags; ${countWeights(model)} weights.`,
	);
	const { history, reason, best } = await trainModel(model, data, {
		settings,
		config: store.checkpointConfig(settings.model, data.codec),
		state: stored?.state,
		observers: trainingObservers(folder, {
			examples: data.train.length,
			batchSize: settings.model.batchSize,
		}),
	});
	await store.writeModel(folder.path, settings.model, data.codec, model.weights);
	if (reason === "interrupted") {
		throw new InterruptedError(`interrupted. Go on with: ${resumeCommand(folder.path, options)}`);
	}

	say(`Tagging ${data.heldOut.length} held-out sentences …`);
	const verdict = await judge(model, data, settings);
	const minutes = (performance.now() - started) / 60_000;
	const report = renderReport({
		...verdict,
		settings,
		curve: await readLossCurve(folder.metrics),
		bestEpoch: best?.epoch ?? history.length,
		facts: [
			["training sentences", data.train.length],
			["held-out sentences", data.heldOut.length],
			["tags", data.codec.tags.length],
			["weights", countWeights(model)],
			["epochs", best === undefined ? history.length : `${history.length}, best ${best.epoch}`],
			["minutes, this run", minutes.toFixed(1)],
		],
	});
	await writeFileAtomically(folder.report, report);
	model.dispose();

	for (const sample of verdict.samples) {
		await print(`${inlineTags(sample)}\n`);
		const map = heatMap(lookMap(sample));
		if (map !== "") await print(`${map}\n`);
	}
	await print(`held-out ${verdict.score.text}, after ${minutes.toFixed(1)} minutes`);
	const run = typedCommand("tag run", { model: folder.path, backend: options.backend });
	await print(`Report: ${folder.report}\nTag with: ${run} "A sentence ."`);
}

/** What goes on with this training: what a checkpoint does not keep has to be said again. */
function resumeCommand(out: string, options: TrainOptions): string {
	const { data, dev, test, epochs, patience, samples, backend } = options;
	const again = { resume: true, out, data, dev, test, epochs, patience, samples, backend };
	return typedCommand("tag train", again);
}
