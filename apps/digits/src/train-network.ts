import {
	checkFolder,
	countWeights,
	type OutputFolder,
	outputFolder,
	prepareFolder,
	say,
	trainingObservers,
} from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { writeFileAtomically } from "@heed/io/node";
import { readLossCurve } from "@heed/train/node";
import { readData } from "./data/read-data.ts";
import { judge, type Verdict } from "./judge.ts";
import { makeRecognizer } from "./networks/make-recognizer.ts";
import type { TrainOptions } from "./options.ts";
import { renderReport } from "./report.ts";
import { resumedSettings, type Settings, settingsFor } from "./settings.ts";
import { store } from "./store.ts";
import { taskData } from "./task-data.ts";
import { trainModel } from "./train-model.ts";

/** What a training came to. */
export interface Outcome {
	readonly settings: Settings;
	readonly folder: OutputFolder;
	readonly weights: number;
	/** Pictures to learn from, and held-out ones. */
	readonly pictures: readonly [train: number, heldOut: number];
	readonly epochs: number;
	readonly bestEpoch: number;
	/** Of this run, by the clock, judging included. */
	readonly minutes: number;
	/** Absent when it was interrupted. */
	readonly verdict?: Verdict;
}

/** Trains a network, judges it on held-out pictures, and leaves its folder with a checkpoint, the model, the metrics and a report. */
export async function trainNetwork(options: TrainOptions & { readonly out: string }): Promise<Outcome> {
	const started = performance.now();
	const folder = outputFolder(options.out);
	await checkFolder(folder, options);
	const stored = options.resume ? await store.readTraining(folder.checkpoint) : undefined;
	const digits = readData(options.data);
	const settings =
		stored === undefined
			? settingsFor(options.task ?? "transformer", digits.ready, options)
			: resumedSettings(stored.settings, options, folder.path);
	const data = taskData(settings.model, digits, stored?.codec);
	await startBackend(options.backend);
	const network = makeRecognizer(settings.model, data.form);
	await prepareFolder(folder);

	const weights = countWeights(network);
	const { train, validation, heldOut, form } = data;
	say(
		`${train.count} digits to learn from, ${validation.count} to decide when to stop, ${heldOut.count} held out; ` +
			`pictures of ${form.height} × ${form.width}; ${weights} weights.`,
	);
	const { history, reason, best } = await trainModel(network, data, {
		settings,
		config: store.checkpointConfig(settings.model, form),
		state: stored?.state,
		observers: trainingObservers(folder, { examples: train.count, batchSize: settings.model.batchSize }),
	});
	await store.writeModel(folder.path, settings.model, form, network.weights);
	const bestEpoch = best?.epoch ?? history.length;
	const pictures = [train.count, heldOut.count] as const;
	const outcome = { settings, folder, weights, pictures, epochs: history.length, bestEpoch };
	const minutes = (): number => (performance.now() - started) / 60_000;
	if (reason === "interrupted") {
		network.dispose();
		return { ...outcome, minutes: minutes() };
	}

	say(`Reading ${heldOut.count} held-out pictures …`);
	const verdict = await judge(network, heldOut, settings.run.samples);
	network.dispose();
	const whole = { ...outcome, minutes: minutes(), verdict };
	await writeFileAtomically(folder.report, renderReport(whole, await readLossCurve(folder.metrics)));
	return whole;
}
