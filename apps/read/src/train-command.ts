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
	const started = performance.now();
	const task = options.data === undefined ? "stories" : "file";
	const folder = outputFolder(options.out ?? defaultFolder(options.data, defaultName));
	await checkFolder(folder, options);
	const stored = options.resume ? await store.readTraining(folder.checkpoint) : undefined;
	const settings =
		stored === undefined
			? settingsFor(task, options)
			: resumedSettings(stored.settings, task, options, folder.path);
	const data = taskData(settings.model, options.data, stored?.codec);
	await prepareFolder(folder);
	await startBackend(options.backend);
	const model = buildModel(settings.model, data.codec);

	const sets = data.judged.map(({ name, questions }) => `${questions.length} about ${name}`).join(", ");
	say(
		`${data.train.length} questions to learn from, ${data.validation.length} to decide when to stop, ${sets}; ` +
			`${countWeights(model)} weights.`,
	);
	if (data.left > 0) say(`${data.left} questions are too long, or have no answer in their story: left out.`);
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

	say("Answering held-out questions …");
	const verdict = await judge(model, data, settings);
	const minutes = (performance.now() - started) / 60_000;
	const report = renderReport({
		...verdict,
		settings,
		curve: await readLossCurve(folder.metrics),
		bestEpoch: best?.epoch ?? history.length,
		facts: [
			["training questions", data.train.length],
			["weights", countWeights(model)],
			["epochs", best === undefined ? history.length : `${history.length}, best ${best.epoch}`],
			["minutes, this run", minutes.toFixed(1)],
		],
	});
	await writeFileAtomically(folder.report, report);
	model.dispose();

	for (const sample of verdict.samples) await print(`${heatMap(sentenceMap(sample))}\n`);
	for (const score of verdict.scores) await print(linesOf(score));
	await print(`after ${minutes.toFixed(1)} minutes`);
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

/** What goes on with this training: what a checkpoint does not keep has to be said again. */
function resumeCommand(out: string, options: TrainOptions): string {
	const { data, epochs, patience, samples, backend } = options;
	const again = { resume: true, out, data, epochs, patience, samples, backend };
	return typedCommand("read train", again);
}
