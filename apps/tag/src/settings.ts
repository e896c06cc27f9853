import {
	type AllSettings,
	fillSettings,
	type Given,
	kebab,
	readSettings,
	resumeSettings,
	type StoredSettings,
	UserError,
} from "@heed/command-line";

/** What is tagged: words of the Brown corpus, words of a file one by one, or spans of a file. */
export type Task = "brown" | "words" | "spans";

/** What decides the task, the model's shape and the course of the training. It is stored beside the weights. */
export interface ModelSettings {
	readonly task: Task;
	/** Let every word look at all words of its sentence. */
	readonly selfAttention: boolean;
	/** Number of attention heads. */
	readonly heads: number;
	/** Choose the best path of tags, not the best tag of each word. */
	readonly crf: boolean;
	readonly cell: "gru" | "lstm";
	/** Number of recurrent layers. */
	readonly layers: number;
	/** Size of the recurrent states in each direction. */
	readonly units: number;
	/** Size of a word's vector. */
	readonly embedding: number;
	/** Number of buckets for prefixes, suffixes and shapes; 0 leaves them out. */
	readonly affixBuckets: number;
	/** Share of the features that are dropped in training. */
	readonly dropout: number;
	/** Words that occur less often are known by what they look like alone. */
	readonly minCount: number;
	/** Longer sentences are not trained on. */
	readonly maxLength: number;
	readonly batchSize: number;
	readonly learningRate: number;
	/** What the learning rate is multiplied by in the course of each epoch. */
	readonly decay: number;
	readonly seed: number;
	/** Number of training sentences, at most; 0 takes all. */
	readonly limit: number;
	/** Column of the words, from 1; 0 finds it. */
	readonly wordColumn: number;
	/** Column of the tags, from 1; 0 finds it. */
	readonly tagColumn: number;
}

/** What may change from one run to the next of the same training. */
export interface RunSettings {
	readonly epochs: number;
	/** Epochs without improvement after which training stops. */
	readonly patience: number;
	/** How many held-out sentences are shown with where they looked. */
	readonly samples: number;
}

/** All that is set: what is stored beside the weights and what is not. */
export type Settings = AllSettings<ModelSettings, RunSettings>;

const brownDefaults: Settings = {
	model: {
		task: "brown",
		selfAttention: true,
		heads: 4,
		crf: false,
		cell: "gru",
		layers: 1,
		units: 64,
		embedding: 64,
		affixBuckets: 16_384,
		dropout: 0.2,
		minCount: 2,
		maxLength: 80,
		batchSize: 32,
		learningRate: 0.003,
		decay: 0.5,
		seed: 1,
		limit: 20_000,
		wordColumn: 0,
		tagColumn: 0,
	},
	run: { epochs: 2, patience: 2, samples: 2 },
};

const wordDefaults: Settings = {
	model: { ...brownDefaults.model, task: "words", dropout: 0.4, decay: 0.7, limit: 0 },
	run: { ...brownDefaults.run, epochs: 6 },
};

const spanDefaults: Settings = {
	model: { ...wordDefaults.model, task: "spans", crf: true, dropout: 0.5, batchSize: 16, decay: 0.9 },
	run: { ...brownDefaults.run, epochs: 20, patience: 8 },
};

/** The settings of a task where nothing is said. */
export function defaultsOf(task: Task): Settings {
	return { brown: brownDefaults, words: wordDefaults, spans: spanDefaults }[task];
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
function checkTogether({ task, selfAttention }: ModelSettings, given: GivenSettings): void {
	if (!selfAttention && given.heads !== undefined) {
		throw new UserError("--heads does not go with --no-self-attention. Leave one of them out.");
	}
	const column = (["wordColumn", "tagColumn"] as const).find((name) => given[name] !== undefined);
	if (task === "brown" && column !== undefined) {
		throw new UserError(`--${kebab(column)} goes with --data. Leave it out, or give the file.`);
	}
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
		describe: (there) =>
			there.task === "brown"
				? "the Brown corpus: leave out --data"
				: `tagged ${there.task}: give its --data again`,
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
	const choices = { task: ["brown", "words", "spans"], cell: ["gru", "lstm"] };
	return readSettings(json, { like: brownDefaults.model, choices });
}
