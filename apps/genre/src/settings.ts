import {
	type AllSettings,
	fillSettings,
	type Given,
	readSettings,
	refuseUnread,
	resumeSettings,
	type StoredSettings,
} from "@heed/command-line";

/** What is classified: the Brown corpus, or documents of a file. */
export type Task = "brown" | "file";

/** What decides the task, the model's shape and the course of the training. It is stored beside the weights. */
export interface ModelSettings {
	readonly task: Task;
	/** How one vector is made of the words of a sentence, and of the sentences of a piece. */
	readonly pooling: "context" | "structured" | "mean";
	/** Read a piece as plain words, without sentences. */
	readonly flat: boolean;
	readonly cell: "gru" | "lstm";
	/** Size of the recurrent states in each direction. */
	readonly units: number;
	/** Size of a word's vector. */
	readonly embedding: number;
	/** Vectors per sequence of structured pooling. */
	readonly hops: number;
	/** Weight of what structured pooling pays for hops that look at the same words. */
	readonly penalty: number;
	/** Share of the features that are dropped in training. */
	readonly dropout: number;
	/** Share of the words that training reads as unknown. */
	readonly wordDropout: number;
	/** Words of fewer documents become unknown. */
	readonly minDocuments: number;
	/** Sentences per piece, at most. */
	readonly sentences: number;
	/** Words per sentence, at most: longer ones are cut into several. */
	readonly maxWords: number;
	readonly batchSize: number;
	readonly learningRate: number;
	/** What the learning rate is multiplied by in the course of each epoch. */
	readonly decay: number;
	readonly seed: number;
	/** Number of documents, at most; 0 takes all. */
	readonly limit: number;
}

/** What may change from one run to the next of the same training. */
export interface RunSettings {
	readonly epochs: number;
	/** Epochs without improvement after which training stops. */
	readonly patience: number;
	/** How many held-out pieces are shown with where they were looked at. */
	readonly samples: number;
}

/** All that is set: what is stored beside the weights and what is not. */
export type Settings = AllSettings<ModelSettings, RunSettings>;

const brownDefaults: Settings = {
	model: {
		task: "brown",
		pooling: "context",
		flat: false,
		cell: "gru",
		units: 32,
		embedding: 64,
		hops: 4,
		penalty: 0.1,
		dropout: 0.2,
		wordDropout: 0.1,
		minDocuments: 10,
		sentences: 16,
		maxWords: 30,
		batchSize: 32,
		learningRate: 0.005,
		decay: 0.8,
		seed: 1,
		limit: 0,
	},
	run: { epochs: 6, patience: 3, samples: 2 },
};

const fileDefaults: Settings = {
	model: { ...brownDefaults.model, task: "file", minDocuments: 2 },
	run: brownDefaults.run,
};

/** The settings of a task where nothing is said. */
export function defaultsOf(task: Task): Settings {
	return task === "brown" ? brownDefaults : fileDefaults;
}

/** The settings that were given: names that are absent were not. */
export type GivenSettings = Given<ModelSettings, RunSettings>;

/**
 * Fills in the defaults of the task.
 *
 * @throws UserError for options that do not go together.
 */
export function settingsFor(task: Task, given: GivenSettings): Settings {
	const settings = fillSettings(defaultsOf(task), given);
	checkTogether(settings.model, given);
	return settings;
}

/** Refuses what nothing would read. What is merely a default is nobody's mistake. */
function checkTogether({ pooling }: ModelSettings, given: GivenSettings): void {
	if (pooling === "structured") return;
	refuseUnread(["hops", "penalty"], given, () => `--pooling ${pooling}, only with --pooling structured`);
}

/**
 * The settings of a training that goes on, see {@link resumeSettings}.
 *
 * @throws UserError that names the option and both values, or what does not go together.
 */
export function resumedSettings(
	stored: StoredSettings<ModelSettings>,
	task: Task,
	given: GivenSettings,
	folder: string,
): Settings {
	const settings = resumeSettings(stored, defaultsOf(task), given, {
		folder,
		describe: ({ task: there }) =>
			there === "brown" ? "the Brown corpus: leave out --data" : "documents of a file: give its --data again",
	});
	checkTogether(settings.model, given);
	return settings;
}

/**
 * Reads the settings of a model from JSON.
 *
 * @throws Error that says what is missing.
 */
export function settingsOf(json: unknown): ModelSettings {
	return readSettings(json, {
		like: brownDefaults.model,
		choices: { task: ["brown", "file"], pooling: ["context", "structured", "mean"], cell: ["gru", "lstm"] },
	});
}
