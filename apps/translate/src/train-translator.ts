import {
	adviseOnInterrupt,
	beginFolder,
	countWeights,
	defaultFolder,
	type OutputFolder,
	openTraining,
	say,
	trainingObservers,
} from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { writeFileAtomically } from "@heed/io/node";
import { readLossCurve } from "@heed/train/node";
import { alignmentLine } from "./alignment-score.ts";
import { buildModel } from "./build-model.ts";
import { judge, type Verdict } from "./judge.ts";
import type { TrainOptions } from "./options.ts";
import { encodeGold, readGold } from "./read-gold.ts";
import { renderReport } from "./report.ts";
import { resumedSettings, type Settings, settingsFor } from "./settings.ts";
import { defaultName, store } from "./store.ts";
import { goldDates, taskData } from "./task-data.ts";
import { trainModel } from "./train-model.ts";

/** What a training came to. */
export interface Outcome {
	readonly folder: OutputFolder;
	readonly settings: Settings;
	/** Of this run, by the clock. */
	readonly minutes: number;
	/** Of this run, how long the processor worked. */
	readonly processorMinutes: number;
	readonly weights: number;
	/** Pairs to learn from, to decide when to stop, and held out. */
	readonly pairs: readonly [train: number, validation: number, heldOut: number];
	readonly epochs: number;
	readonly bestEpoch: number;
	/** The command that goes on with it. */
	readonly again: string;
	/** `undefined` if the user stopped it: the checkpoint is written. */
	readonly verdict?: Verdict;
}

/**
 * Trains a translator, judges it on held-out texts, and leaves its folder with a checkpoint, the model, the metrics and a
 * report. Progress goes to stderr.
 *
 * @param goesOn The command that goes on with it, if it is not `translate train --resume`.
 */
export async function trainTranslator(options: TrainOptions, goesOn?: string): Promise<Outcome> {
	const started = performance.now();
	const task = options.data === undefined ? "dates" : "pairs";
	const training = await openTraining(store, options, defaultFolder(options.data, defaultName), goesOn);
	const { folder, stored } = training;
	const settings =
		stored === undefined ? settingsFor(task, options) : resumedSettings(stored, task, options, folder.path);
	const sentences = readGold({ ...options, reverse: settings.model.reverse }, task);
	const data = taskData(settings.model, options.data, stored?.codec);
	const gold =
		task === "dates"
			? goldDates(data, settings.model)
			: sentences && encodeGold(data.codec, sentences, settings.model.copy);
	await beginFolder(folder, { goesOn: stored !== undefined });
	const again = training.again(settings.model);
	adviseOnInterrupt(`Go on with: ${again}`);
	await startBackend(options.backend);
	const model = buildModel(settings.model, data.codec);
	try {
		const weights = countWeights(model);
		say(
			`${data.train.length} pairs to learn from, ${data.validation.length} to decide when to stop, ` +
				`${data.heldOut.length} held out; ${weights} weights.`,
		);
		const { observers, note } = trainingObservers(
			folder,
			Math.ceil(data.train.length / settings.model.batchSize),
		);
		const config = store.checkpointConfig(settings, data.codec);
		const { history, reason, best } = await trainModel(model, data, {
			settings,
			config,
			state: stored && { ...stored.state, config },
			observers,
		});
		const outcome = (): Outcome => ({
			...{ folder, settings, weights, again },
			minutes: (performance.now() - started) / 60_000,
			processorMinutes: training.minutes(),
			pairs: [data.train.length, data.validation.length, data.heldOut.length],
			epochs: history.length,
			bestEpoch: best?.epoch ?? history.length,
		});
		if (note.interrupted || reason === "interrupted") return outcome();
		await store.writeModel(folder.path, settings.model, data.codec, model.weights);

		say(`Translating ${data.heldOut.length} held-out texts …`);
		const verdict = await judge(model, data, settings, gold);
		const finished = { ...outcome(), verdict };
		await writeReport(finished, verdict);
		return finished;
	} finally {
		model.dispose();
	}
}

async function writeReport(outcome: Outcome, { chrf, alignment, ...verdict }: Verdict): Promise<void> {
	const { folder, settings, pairs, weights, epochs, bestEpoch, processorMinutes } = outcome;
	const report = renderReport({
		...verdict,
		settings,
		curve: await readLossCurve(folder.metrics),
		bestEpoch,
		facts: [
			...(chrf === undefined ? [] : [["held-out chrF", chrf.value.toFixed(2)] as const]),
			...(alignment === undefined
				? []
				: [["alignment error rate", `${(100 * alignment.errorRate).toFixed(1)} %`] as const]),
			["training pairs", pairs[0]],
			["held-out texts", pairs[2]],
			["weights", weights],
			["epochs", `${epochs}, best ${bestEpoch}`],
			["minutes of the processor, this run", processorMinutes.toFixed(1)],
		],
	});
	await writeFileAtomically(folder.report, report);
}

/** The scores of a verdict, a line each. */
export function scoreLines({ score, chrf, alignment }: Verdict): string[] {
	return [
		`held-out ${score.text}`,
		...(chrf === undefined ? [] : [`held-out ${chrf.text}`]),
		...(alignment === undefined ? [] : [alignmentLine(alignment)]),
	];
}
