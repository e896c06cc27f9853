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
import { learnedFamilies, readFaces } from "./fonts/font-faces.ts";
import { judge, some } from "./judge.ts";
import { lookMap } from "./look.ts";
import { buildModel } from "./model/read-pictures.ts";
import { trainModel } from "./model/train-model.ts";
import { drawEach } from "./model/word-batches.ts";
import type { TrainOptions } from "./options.ts";
import { renderReport } from "./report.ts";
import { scoreText } from "./score.ts";
import { resumedSettings, settingsFor } from "./settings.ts";
import { defaultName, store } from "./store.ts";
import { smallLetters } from "./words/letters.ts";
import { readWords } from "./words/read-words.ts";

/** Seed of the pictures that choose the epoch. */
const devSeed = 1000;

/**
 * `ocr train`: draws words, learns to read them, judges itself on words and fonts that it has not seen, and leaves its folder with a
 * checkpoint, the model, the metrics and a report. Progress goes to stderr, results to stdout.
 */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const started = performance.now();
	const folder = outputFolder(options.out ?? defaultFolder(undefined, defaultName));
	await checkFolder(folder, options);
	const stored = options.resume ? await store.readTraining(folder.checkpoint) : undefined;
	const settings =
		stored === undefined ? settingsFor(options) : resumedSettings(stored.settings, options, folder.path);
	const letters = stored?.codec ?? smallLetters();
	const words = readWords();
	const faces = readFaces(learnedFamilies);
	await startBackend(options.backend);
	const model = buildModel(settings.model, letters);
	await prepareFolder(folder);

	const { pictures, batchSize } = settings.model;
	say(
		`${words.train.length} words in ${faces.length} faces to learn from, ${words.dev.length} words to decide when to stop, ` +
			`${words.test.length} held out; ${pictures} pictures per epoch; ${countWeights(model)} weights.`,
	);
	const { history, reason, best } = await trainModel(
		model,
		{ words: words.train, faces, letters },
		{
			settings,
			dev: drawEach(some(words.dev, settings.run.heldOut), faces, devSeed),
			letters,
			config: store.checkpointConfig(settings.model, letters),
			state: stored?.state,
			observers: trainingObservers(folder, { examples: pictures, batchSize }),
		},
	);
	await store.writeModel(folder.path, settings.model, letters, model.weights);
	if (reason === "interrupted") {
		throw new InterruptedError(`interrupted. Go on with: ${resumeCommand(folder.path, options)}`);
	}

	say("Reading held-out words in known and in new fonts …");
	const kinds = await judge(model, letters, words.test, faces, settings.run);
	const minutes = (performance.now() - started) / 60_000;
	const report = renderReport({
		kinds,
		settings,
		curve: await readLossCurve(folder.metrics),
		bestEpoch: best?.epoch ?? history.length,
		facts: [
			["pictures learned from", history.length * pictures],
			["weights", countWeights(model)],
			["epochs", best === undefined ? history.length : `${history.length}, best ${best.epoch}`],
			["minutes, this run", minutes.toFixed(1)],
		],
	});
	await writeFileAtomically(folder.report, report);
	model.dispose();

	const [sample] = kinds.flatMap(({ samples }) => samples);
	if (sample !== undefined)
		await print(`${heatMap(lookMap(sample, `${sample.word}, read ${sample.text}`))}\n`);
	for (const { name, score } of kinds) await print(`${name}: ${scoreText(score)}`);
	const run = typedCommand("ocr run", { model: folder.path, backend: options.backend });
	await print(`after ${minutes.toFixed(1)} minutes\nReport: ${folder.report}\nRead with: ${run} word.png`);
}

/** What goes on with this training: what a checkpoint does not keep has to be said again. */
function resumeCommand(out: string, { epochs, patience, heldOut, samples, backend }: TrainOptions): string {
	return typedCommand("ocr train", { resume: true, out, epochs, patience, heldOut, samples, backend });
}
