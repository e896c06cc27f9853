import {
	type AllSettings,
	fillSettings,
	type Given,
	readSettings,
	resumeSettings,
	type StoredSettings,
} from "@heed/command-line";
import type { AttentionName } from "./model/word-reader.ts";

/** What decides the model's shape and the course of the training. It is stored beside the weights. */
export interface ModelSettings {
	/** What is read: words in drawn pictures, as yet. */
	readonly task: "words";
	/** How the decoder finds the next letter. */
	readonly attention: AttentionName;
	/** Features of the first convolution. */
	readonly channels: number;
	/** Size of the recurrent states. */
	readonly units: number;
	/** Size of a letter's vector. */
	readonly embedding: number;
	/** Pictures that are drawn for an epoch. */
	readonly pictures: number;
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
	/** Words to judge by, and to choose the epoch by, at most; 0 takes all. */
	readonly heldOut: number;
	/** How many held-out words of each kind are shown with where the decoder looked. */
	readonly samples: number;
}

/** All that is set: what is stored beside the weights and what is not. */
export type Settings = AllSettings<ModelSettings, RunSettings>;

/** The mechanisms that are offered. */
export const attentionNames = ["bahdanau", "locationAware", "luong"] as const;

/** The settings where nothing is said. */
export const defaults: Settings = {
	model: {
		task: "words",
		attention: "locationAware",
		channels: 16,
		units: 64,
		embedding: 16,
		pictures: 2000,
		batchSize: 16,
		learningRate: 0.003,
		decay: 0.9,
		seed: 1,
	},
	run: { epochs: 15, patience: 4, heldOut: 0, samples: 4 },
};

/** The settings that were given: names that are absent were not. */
export type GivenSettings = Given<ModelSettings, RunSettings>;

/** Fills in the defaults. */
export function settingsFor(given: GivenSettings): Settings {
	return fillSettings(defaults, given);
}

/**
 * The settings of a training that goes on, see {@link resumeSettings}.
 *
 * @throws UserError that names the option and both values.
 */
export function resumedSettings(
	stored: StoredSettings<ModelSettings>,
	given: GivenSettings,
	folder: string,
): Settings {
	return resumeSettings(stored, defaults, given, { folder, describe: ({ task }) => task });
}

/**
 * Reads the settings of a model from JSON.
 *
 * @throws Error that says what is missing.
 */
export function settingsOf(json: unknown): ModelSettings {
	const choices = { task: ["words"], attention: attentionNames };
	return readSettings(json, { like: defaults.model, choices });
}
