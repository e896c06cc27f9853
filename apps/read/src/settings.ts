import {
	type AllSettings,
	fillSettings,
	type Given,
	kebab,
	readSettings,
	resumeSettings,
	type StoredSettings,
} from "@heed/command-line";

/** The readers of `@heed/nlp`. */
export const readerKinds = ["attention-over-attention", "attentive", "impatient"] as const;

/** What decides the task, the model's shape and the course of the training. It is stored beside the weights. */
export interface ModelSettings {
	/** Made-up stories, or questions of a file. */
	readonly task: "stories" | "file";
	readonly reader: (typeof readerKinds)[number];
	/** Size of the recurrent states, in each direction. */
	readonly units: number;
	/** Size of a word's vector. */
	readonly embedding: number;
	/** Share of the features that are dropped in training. */
	readonly dropout: number;
	/** Words that occur less often become unknown. */
	readonly minCount: number;
	/** Longer stories are not trained on; in words. */
	readonly maxLength: number;
	readonly batchSize: number;
	readonly learningRate: number;
	/** What the learning rate is multiplied by in the course of each epoch. */
	readonly decay: number;
	readonly seed: number;
	/** Number of questions to learn from, at most; 0 takes all of a file. */
	readonly limit: number;
}

/** What may change from one run to the next of the same training. */
export interface RunSettings {
	readonly epochs: number;
	/** Epochs without improvement after which training stops. */
	readonly patience: number;
	/** How many held-out questions are shown with where the reader looked. */
	readonly samples: number;
}

/** All that is set: what is stored beside the weights and what is not. */
export type Settings = AllSettings<ModelSettings, RunSettings>;

const storyDefaults: Settings = {
	model: {
		task: "stories",
		reader: "attention-over-attention",
		units: 64,
		embedding: 32,
		dropout: 0,
		minCount: 1,
		maxLength: 200,
		batchSize: 32,
		learningRate: 0.003,
		decay: 0.8,
		seed: 1,
		limit: 20_000,
	},
	run: { epochs: 6, patience: 2, samples: 3 },
};

const fileDefaults: Settings = {
	model: {
		...storyDefaults.model,
		task: "file",
		embedding: 64,
		dropout: 0.1,
		minCount: 2,
		maxLength: 1000,
		learningRate: 0.001,
		limit: 0,
	},
	run: storyDefaults.run,
};

/** The settings of a task where nothing is said. */
export function defaultsOf(task: ModelSettings["task"]): Settings {
	return task === "stories" ? storyDefaults : fileDefaults;
}

/** The settings that were given: names that are absent were not. */
export type GivenSettings = Given<ModelSettings, RunSettings>;

/** Fills in the defaults of the task. */
export function settingsFor(task: ModelSettings["task"], given: GivenSettings): Settings {
	return fillSettings(defaultsOf(task), given);
}

/**
 * The settings of a training that goes on, see {@link resumeSettings}.
 *
 * @throws UserError that names the option and both values.
 */
export function resumedSettings(
	stored: StoredSettings<ModelSettings>,
	task: ModelSettings["task"],
	given: GivenSettings,
	folder: string,
): Settings {
	return resumeSettings(stored, defaultsOf(task), given, {
		folder,
		describe: ({ task: there }) =>
			there === "file" ? "a file: give its --data again" : "stories: leave out --data",
		optionOf: (name) => (name === "reader" ? "model" : kebab(name)),
	});
}

/**
 * Reads the settings of a model from JSON.
 *
 * @throws Error that says what is missing.
 */
export function settingsOf(json: unknown): ModelSettings {
	return readSettings(json, {
		like: storyDefaults.model,
		choices: { task: ["stories", "file"], reader: readerKinds },
	});
}
