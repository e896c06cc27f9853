import {
	countWeights,
	InterruptedError,
	type OutputFolder,
	say,
	trainingObservers,
} from "@heed/command-line";
import type { TrainingState } from "@heed/train";
import { buildClassifier, type Classifier, type ClassifierShape } from "./classifier.ts";
import type { Codec } from "./codec.ts";
import { judge } from "./judge.ts";
import { type Outcome, writeOutcome } from "./outcome.ts";
import type { ModelSettings, Settings } from "./settings.ts";
import { store } from "./store.ts";
import type { TaskData } from "./task-data.ts";
import { trainModel } from "./train-model.ts";

/** What {@link trainOne} needs. */
export interface TrainOneOptions {
	readonly settings: Settings;
	readonly data: TaskData;
	readonly folder: OutputFolder;
	/** Goes on from here. */
	readonly state?: TrainingState | undefined;
	/** What goes on with the training when it is interrupted. */
	readonly again: string;
}

/** The shape of the model that the settings say. */
export function shapeOf(settings: ModelSettings, { height, width, classes }: Codec): ClassifierShape {
	return { ...settings, height, columns: width, classes: classes.length };
}

/**
 * Trains one model, judges it on the held-out pictures and leaves both in its folder.
 *
 * @returns The model, which is the caller's to dispose of, and what it came to.
 * @throws InterruptedError.
 */
export async function trainOne(
	options: TrainOneOptions,
): Promise<{ readonly model: Classifier; readonly outcome: Outcome }> {
	const { settings, data, folder, state, again } = options;
	const started = process.cpuUsage();
	const { codec, train, dev, test } = data;
	const model = buildClassifier(shapeOf(settings.model, codec));
	const weights = countWeights({ weights: model.trained });
	say(
		`${settings.model.attention}: ${train.count} pictures to learn from, ${dev.count} to decide when to stop, ` +
			`${test.count} held out; ${codec.classes.length} classes; ${weights} weights.`,
	);
	const { history, reason, best } = await trainModel(model, data, {
		settings,
		config: store.checkpointConfig(settings.model, codec),
		state,
		observers: trainingObservers(folder, { examples: train.count, batchSize: settings.model.batchSize }),
	});
	await store.writeModel(folder.path, settings.model, codec, model.weights);
	if (reason === "interrupted") throw new InterruptedError(`interrupted. Go on with: ${again}`);
	const verdict = await judge(model, test);
	const { user, system } = process.cpuUsage(started);
	const outcome: Outcome = {
		...verdict,
		...{ settings, codec, weights, train: train.count, test: test.count },
		...{ epochs: history.length, best: best?.epoch ?? history.length, seconds: (user + system) / 1e6 },
	};
	await writeOutcome(folder.path, outcome);
	return { model, outcome };
}
