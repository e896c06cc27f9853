import { UserError } from "./user-error.ts";

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
export interface Settings {
	readonly model: ModelSettings;
	readonly run: RunSettings;
}

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
export type GivenSettings = { readonly [Name in keyof (ModelSettings & RunSettings)]?: unknown };

/** Fills in the defaults of the task. */
export function settingsFor(task: ModelSettings["task"], given: GivenSettings): Settings {
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
	task: ModelSettings["task"],
	given: GivenSettings,
	folder: string,
): Settings {
	for (const [name, value] of Object.entries(chosen({ ...given, task }, stored))) {
		const there = stored[name as keyof ModelSettings];
		if (value === there) continue;
		if (name === "task") {
			const what = there === "file" ? "a file: give its --data again" : "stories: leave out --data";
			throw new UserError(`${folder} holds a checkpoint of ${what}, or train into another --out folder.`);
		}
		throw new UserError(
			`${folder} holds a checkpoint of another shape: --${optionOf(name)} is ${there} there, ${value} came. ` +
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
	for (const [name, value] of Object.entries(storyDefaults.model)) {
		if (typeof stored?.[name] !== typeof value) throw new Error(`its settings have no \`${name}\`.`);
	}
	const settings = json as ModelSettings; // every name was checked
	if (!["stories", "file"].includes(settings.task)) {
		throw new Error(`its task is ${JSON.stringify(settings.task)}; expected stories or file.`);
	}
	if (readerKinds.includes(settings.reader)) return settings;
	throw new Error(
		`its reader is ${JSON.stringify(settings.reader)}; expected one of ${readerKinds.join(", ")}.`,
	);
}

/** The option of a setting; that of the reader is called as what it chooses. */
function optionOf(name: string): string {
	if (name === "reader") return "model";
	return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
