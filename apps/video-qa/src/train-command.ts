import {
	adviseOnInterrupt,
	beginFolder,
	countWeights,
	defaultFolder,
	digestOf,
	InterruptedError,
	openTraining,
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
import { sentenceOf } from "./pictures.ts";
import { renderReport } from "./report.ts";
import { describeScore } from "./score.ts";
import { resumedSettings, settingsFor } from "./settings.ts";
import { store } from "./store.ts";
import { taskData } from "./task-data.ts";
import { trainModel } from "./train-model.ts";

/**
 * `video-qa train`: trains a model, judges it on held-out videos, and leaves its folder with a checkpoint, the model, the
 * metrics and a report. Progress goes to stderr, results to stdout.
 */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const task = options.data === undefined ? "digits" : "folder";
	const fresh = settingsFor(task, options);
	const training = await openTraining(store, options, defaultFolder(options.data, fresh.model.attention));
	const { folder, stored } = training;
	const settings = stored === undefined ? fresh : resumedSettings(stored, task, options, folder.path);
	const data = taskData(settings.model, settings.run.heldOut, options.data);
	await startBackend(options.backend);
	const model = buildModel(settings.model, data.codec);
	const digest = digestOf([data.train, data.dev]);
	if (stored !== undefined) store.checkSameData(stored, data.codec, digest);
	await beginFolder(folder, { goesOn: stored !== undefined });
	const goOn = `Go on with: ${training.again(settings.model)}`;
	adviseOnInterrupt(goOn);

	const asked = (examples: readonly { readonly questions: readonly unknown[] }[]): number =>
		examples.reduce((sum, { questions }) => sum + questions.length, 0);
	say(
		`${data.train.length} videos to learn from, ${data.dev.length} to decide when to stop, ${data.test.length} held out, ` +
			`with ${asked(data.train)}, ${asked(data.dev)} and ${asked(data.test)} questions; ` +
			`${data.codec.answers.length} answers; ${countWeights(model)} weights.`,
	);
	const { observers, note } = trainingObservers(folder, {
		examples: data.train.length,
		batchSize: settings.model.batchSize,
	});
	const config = store.checkpointConfig(settings, data.codec, stored === undefined ? digest : stored.digest);
	const { history, reason, best } = await trainModel(model, data, {
		settings,
		config,
		state: stored && { ...stored.state, config },
		observers,
	});
	if (note.interrupted || reason === "interrupted") throw new InterruptedError(`interrupted. ${goOn}`);
	await store.writeModel(folder.path, settings.model, data.codec, model.weights);

	say(`Answering ${asked(data.test)} questions about ${data.test.length} held-out videos …`);
	const verdict = await judge(model, data.codec, data, settings.run.samples);
	const minutes = training.minutes().toFixed(1);
	const report = renderReport({
		...verdict,
		settings,
		curve: await readLossCurve(folder.metrics),
		bestEpoch: best?.epoch ?? history.length,
		facts: [
			["training videos", data.train.length],
			["training questions", asked(data.train)],
			["held-out videos", data.test.length],
			["weights", countWeights(model)],
			["epochs", best === undefined ? history.length : `${history.length}, best ${best.epoch}`],
			["minutes of the processor, this run", minutes],
		],
	});
	await writeFileAtomically(folder.report, report);
	model.dispose();

	for (const look of verdict.samples.flat()) await print(`video ${look.video.name}: ${sentenceOf(look)}`);
	await print(`held-out ${describeScore(verdict.score)}, after ${minutes} minutes of the processor`);
	await print(`the question alone: ${describeScore(verdict.majority)}`);
	const { backend } = options;
	const run = typedCommand("video-qa run", {
		model: folder.path,
		...(task === "folder" && { frames: "FOLDER" }),
		backend,
	});
	await print(`Report: ${folder.report}\nAsk with: ${run} "${data.test[0]?.questions[0]?.text}"`);
}
