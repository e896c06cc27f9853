import { UserError } from "./user-error.ts";

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
export interface Settings {
	readonly model: ModelSettings;
	readonly run: RunSettings;
}

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
export type GivenSettings = { readonly [Name in keyof (ModelSettings & RunSettings)]?: unknown };

/** Fills in the defaults of the task. */
export function settingsFor(task: Task, given: GivenSettings): Settings {
	const { model, run } = defaultsOf(task);
	return { model: { ...model, ...chosen(given, model), task }, run: { ...run, ...chosen(given, run) } };
}

/** What was given of the names that `group` has. */
function chosen<Group extends object>(given: GivenSettings, group: Group): Partial<Group> {
	const entries = Object.entries(given).filter(([name, value]) => name in group && value !== undefined);
	return Object.fromEntries(entries) as Partial<Group>; // the option parser has checked each value
}

/**
 * The settings of a training that goes on: those of the model stay, and giving another value is an error, because the
 * stored weights, or the numbers that were drawn so far, would not fit it.
 *
 * @throws UserError that names the option and both values.
 */
export function resumedSettings(
	stored: ModelSettings,
	task: Task,
	given: GivenSettings,
	folder: string,
): Settings {
	for (const [name, value] of Object.entries(chosen({ ...given, task }, stored))) {
		const there = stored[name as keyof ModelSettings];
		if (value === there) continue;
		if (name === "task") {
			const what =
				there === "brown" ? "the Brown corpus: leave out --data" : `tagged ${there}: give its --data again`;
			throw new UserError(`${folder} holds a checkpoint of ${what}, or train into another --out folder.`);
		}
		throw new UserError(
			`${folder} holds a checkpoint of another shape: --${kebab(name)} is ${there} there, ${value} came. ` +
				"Leave it out to resume, or train into another --out folder.",
		);
	}
	return { model: stored, run: settingsFor(task, given).run };
}

/**
 * Reads the settings of a model from JSON.
 *
 * @throws Error that says what is missing.
 */
export function settingsOf(json: unknown): ModelSettings {
	const stored = json as Record<string, unknown> | null;
	for (const [name, value] of Object.entries(brownDefaults.model)) {
		if (typeof stored?.[name] !== typeof value) throw new Error(`its settings have no \`${name}\`.`);
	}
	const settings = json as ModelSettings; // every name was checked
	if (["brown", "words", "spans"].includes(settings.task)) return settings;
	throw new Error(`its task is ${JSON.stringify(settings.task)}; expected brown, words or spans.`);
}

function kebab(name: string): string {
	return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
