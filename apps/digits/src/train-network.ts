import { type OpenTraining, openTraining, say, type Trained, UserError } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { writeFileAtomically } from "@heed/io/node";
import { type DataForm, type DigitSets, readData } from "./data/read-data.ts";
import { judge, type Verdict } from "./judge.ts";
import { makeRecognizer } from "./networks/make-recognizer.ts";
import type { TrainOptions } from "./options.ts";
import { renderReport } from "./report.ts";
import {
	checkTogether,
	type ModelSettings,
	resumedSettings,
	type Settings,
	settingsFor,
} from "./settings.ts";
import { defaultOut, store } from "./store.ts";
import { type TaskData, taskData } from "./task-data.ts";
import { trainModel } from "./train-model.ts";

/** What a training came to. */
export interface Outcome {
	readonly training: OpenTraining<ModelSettings, DataForm>;
	readonly settings: Settings;
	readonly trained: Trained;
	/** Pictures to learn from, and held-out ones. */
	readonly pictures: readonly [train: number, heldOut: number];
	readonly verdict: Verdict;
}

/**
 * Trains a network, judges it on held-out pictures, and leaves its folder with a checkpoint, the model, the metrics and a report.
 *
 * @param again What goes on where it is stopped, if it is not `train` with `--resume`: a comparison, whose options some of its
 * networks read and some do not.
 */
export async function trainNetwork(options: TrainOptions, again?: string): Promise<Outcome> {
	const { task = "transformer" } = options;
	const training = await openTraining(store, options, defaultOut(task), again);
	const { stored, folder } = training;
	const kept = stored && resumedSettings(stored, options, folder.path); // refuses another option before any data are read
	if (again === undefined) checkTogether((kept ?? settingsFor(task, false, options)).model, options);
	const digits = readData(options.data);
	const settings = kept ?? settingsFor(task, digits.ready, options);
	const data = kept === undefined ? taskData(settings.model, digits) : resumedData(settings.model, digits);
	await startBackend(options.backend);
	const network = makeRecognizer(settings.model, data.form);
	const trained = await trainModel(training, network, data, settings);
	say(`Reading ${data.heldOut.count} held-out pictures …`);
	const verdict = await judge(network, data.heldOut, settings.run.samples);
	network.dispose();
	const pictures = [data.train.count, data.heldOut.count] as const;
	const outcome = { training, settings, trained, pictures, verdict };
	await writeFileAtomically(folder.report, renderReport(outcome));
	return outcome;
}

/** {@link taskData} of a training that goes on: where its settings do not go with the digits, these are not those that it began with. */
function resumedData(settings: ModelSettings, digits: DigitSets): TaskData {
	try {
		return taskData(settings, digits);
	} catch (error) {
		throw error instanceof UserError ? store.otherData(error) : error;
	}
}
