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
import { judge, scoreText, textOf } from "./judge.ts";
import { lookBlocks } from "./looks.ts";
import { Captioner } from "./model/captioner.ts";
import type { TrainOptions } from "./options.ts";
import { renderReport } from "./report.ts";
import { resumedSettings, settingsFor, type Task } from "./settings.ts";
import { defaultName, store } from "./store.ts";
import { taskData } from "./task-data.ts";
import { trainModel } from "./train-model.ts";

/**
 * `caption train`: trains a captioner, judges it on held-out pictures, and leaves its folder with a checkpoint, the model, the
 * metrics and a report. Progress goes to stderr, results to stdout.
 */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const started = performance.now();
	const folder = outputFolder(options.out ?? defaultFolder(options.data, defaultName));
	await checkFolder(folder, options);
	const stored = options.resume ? await store.readTraining(folder.checkpoint) : undefined;
	const task: Task = options.data === undefined ? "scenes" : "pictures";
	const settings =
		stored === undefined
			? settingsFor(task, options)
			: resumedSettings(stored.settings, task, options, folder.path);
	const data = taskData(settings, options, stored?.codec);
	await startBackend(options.backend);
	const model = new Captioner(settings.model, data.vocabulary.size);
	await prepareFolder(folder);

	const heldOut = data.heldOut.reduce((sum, { pictures }) => sum + pictures.length, 0);
	say(
		`${data.train.length} pictures to learn from, ${data.dev.length} to decide when to stop, ${heldOut} held out; ` +
			`${data.vocabulary.size} words; ${countWeights(model)} weights.`,
	);
	const { history, reason, best } = await trainModel(model, data, {
		settings,
		config: store.checkpointConfig(settings.model, data.vocabulary),
		state: stored?.state,
		observers: trainingObservers(folder, {
			examples: data.train.length,
			batchSize: settings.model.batchSize,
		}),
	});
	await store.writeModel(folder.path, settings.model, data.vocabulary, model.weights);
	if (reason === "interrupted") {
		throw new InterruptedError(`interrupted. Go on with: ${resumeCommand(folder.path, options)}`);
	}

	say(`Describing ${heldOut} held-out pictures …`);
	const verdict = await judge(model, data, settings);
	const minutes = (performance.now() - started) / 60_000;
	const report = renderReport({
		...verdict,
		settings,
		curve: await readLossCurve(folder.metrics),
		bestEpoch: best?.epoch ?? history.length,
		facts: [
			["training pictures", data.train.length],
			["held-out pictures", heldOut],
			["words", data.vocabulary.size],
			["weights", countWeights(model)],
			["epochs", best === undefined ? history.length : `${history.length}, best ${best.epoch}`],
			["minutes, this run", minutes.toFixed(1)],
		],
	});
	await writeFileAtomically(folder.report, report);
	const sees = settings.model.attention !== "none";
	model.dispose();

	for (const { picture, caption } of verdict.samples) {
		await print(`${picture.name}: ${textOf(caption)}\n`);
		if (sees) await print(`${lookBlocks(caption, process.stdout.columns ?? 100)}\n`);
	}
	for (const { set, captions, score } of verdict.rows)
		await print(`${set}, ${captions}: ${scoreText(score)}`);
	await print(`held out: ${scoreText(verdict.score)}, after ${minutes.toFixed(1)} minutes`);
	const run = typedCommand("caption run", { model: folder.path, backend: options.backend });
	await print(
		`Report: ${folder.report}\nDescribe with: ${run} ${task === "scenes" ? "" : "picture.png"}`.trimEnd(),
	);
}

/** What goes on with this training: what a checkpoint does not keep has to be said again. */
function resumeCommand(out: string, options: TrainOptions): string {
	const { data, captions, epochs, patience, beam, heldOut, samples, backend } = options;
	const again = { resume: true, out, data, captions, epochs, patience, beam, heldOut, samples, backend };
	return typedCommand("caption train", again);
}
