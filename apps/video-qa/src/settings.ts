import {
	type AllSettings,
	fillSettings,
	type Given,
	readSettings,
	resumeSettings,
	type StoredSettings,
} from "@heed/command-line";
import type { AttentionKind } from "./video-qa-model.ts";

/** Which videos: generated ones of handwritten digits, or those of a folder. */
export type Task = "digits" | "folder";

/** What the model may look at by the question. */
export const attentionKinds: readonly AttentionKind[] = ["both", "spatial", "temporal", "none"];

/** What decides the task, the model's shape and the course of the training. It is stored beside the weights. */
export interface ModelSettings {
	readonly task: Task;
	readonly attention: AttentionKind;
	/** Channels of the features of a frame. */
	readonly features: number;
	/** Size of the states that read the question and the video. */
	readonly units: number;
	/** Size of the space in which the question and places or frames meet. */
	readonly attentionUnits: number;
	/** Size of a word's vector. */
	readonly embedding: number;
	/** Share of the features before the answer that are dropped in training. */
	readonly dropout: number;
	/** Epochs at the beginning in which the convolutions alone learn what frames show. */
	readonly frameEpochs: number;
	/** What the loss of telling what frames show counts beside that of the answers, afterwards. */
	readonly seenWeight: number;
	/** Number of generated videos to learn from. */
	readonly videos: number;
	/** Side of the frames of a folder, in pixels, to which they are shrunk. */
	readonly size: number;
	/** Videos per step. */
	readonly batchSize: number;
	readonly learningRate: number;
	/** What the learning rate is multiplied by in the course of each epoch. */
	readonly decay: number;
	readonly seed: number;
}

/** What may change from one run to the next of the same training. */
export interface RunSettings {
	readonly epochs: number;
	/** Epochs without improvement after which training stops. */
	readonly patience: number;
	/** Number of generated videos to be judged by: the first ones, the same for every training. */
	readonly heldOut: number;
	/** How many held-out videos are shown with where it looked. */
	readonly samples: number;
}

/** All that is set: what is stored beside the weights and what is not. */
export type Settings = AllSettings<ModelSettings, RunSettings>;

/** Number of generated videos that are kept for judging. */
export const heldOutVideos = 500;

const digitDefaults: Settings = {
	model: {
		task: "digits",
		attention: "both",
		features: 36,
		units: 64,
		attentionUnits: 32,
		embedding: 16,
		dropout: 0,
		frameEpochs: 4,
		seenWeight: 0.4,
		videos: 4000,
		size: 28,
		batchSize: 8,
		learningRate: 0.003,
		decay: 0.85,
		seed: 1,
	},
	run: { epochs: 8, patience: 5, heldOut: heldOutVideos, samples: 4 },
};

const folderDefaults: Settings = {
	model: {
		...digitDefaults.model,
		task: "folder",
		dropout: 0.3,
		frameEpochs: 0,
		seenWeight: 0,
		videos: 0,
		decay: 0.9,
	},
	run: { ...digitDefaults.run, epochs: 20 },
};

/** The settings of a task where nothing is said. */
export function defaultsOf(task: Task): Settings {
	return { digits: digitDefaults, folder: folderDefaults }[task];
}

/** The settings that were given: names that are absent were not. */
export type GivenSettings = Given<ModelSettings, RunSettings>;

/** Fills in the defaults of the task. */
export function settingsFor(task: Task, given: GivenSettings): Settings {
	return fillSettings(defaultsOf(task), given);
}

/**
 * The settings of a training that goes on, see {@link resumeSettings}.
 *
 * @throws UserError that names the option and both values.
 */
export function resumedSettings(
	stored: StoredSettings<ModelSettings>,
	task: Task,
	given: GivenSettings,
	folder: string,
): Settings {
	return resumeSettings(stored, defaultsOf(task), given, {
		folder,
		describe: taskName,
	});
}

/** What a training is of, and what to do to go on with it. */
export function taskName({ task }: ModelSettings): string {
	return task === "digits"
		? "generated videos: leave out --data"
		: "videos of a folder: give its --data again";
}

/**
 * Reads the settings of a model from JSON.
 *
 * @throws Error that says what is missing.
 */
export function settingsOf(json: unknown): ModelSettings {
	const choices = { task: ["digits", "folder"], attention: attentionKinds };
	return readSettings(json, { like: digitDefaults.model, choices });
}
