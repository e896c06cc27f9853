import { UserError } from "./user-error.ts";

/** What decides the task, the model's shape and the course of the training. It is stored beside the weights. */
export interface ModelSettings {
	/** `dates`, or pairs of a file. */
	readonly task: "dates" | "pairs";
	readonly attention: "bahdanau" | "luong";
	readonly cell: "gru" | "lstm";
	/** Size of the recurrent states; the encoder has as many in each direction. */
	readonly units: number;
	/** Size of a token's vector. */
	readonly embedding: number;
	/** Share of the features that are dropped in training. */
	readonly dropout: number;
	/** Words that occur less often become unknown. */
	readonly minCount: number;
	/** Longer pairs are not trained on, and translations end there; in tokens. */
	readonly maxLength: number;
	readonly batchSize: number;
	readonly learningRate: number;
	/** What the learning rate is multiplied by in the course of each epoch. */
	readonly decay: number;
	readonly seed: number;
	/** Swap the columns of the file. */
	readonly reverse: boolean;
	/** Number of pairs, at most; 0 takes all. */
	readonly limit: number;
}

/** What may change from one run to the next of the same training. */
export interface RunSettings {
	readonly epochs: number;
	/** Epochs without improvement after which training stops. */
	readonly patience: number;
	/** Width of the beam; 1 is greedy. */
	readonly beam: number;
	/** How many held-out texts are shown with their alignment. */
	readonly samples: number;
}

/** All that is set: what is stored beside the weights and what is not. */
export interface Settings {
	readonly model: ModelSettings;
	readonly run: RunSettings;
}

const dateDefaults: Settings = {
	model: {
		task: "dates",
		attention: "bahdanau",
		cell: "gru",
		units: 64,
		embedding: 32,
		dropout: 0,
		minCount: 1,
		maxLength: 48,
		batchSize: 64,
		learningRate: 0.003,
		decay: 0.5,
		seed: 1,
		reverse: false,
		limit: 20_000,
	},
	run: { epochs: 4, patience: 2, beam: 1, samples: 3 },
};

const pairDefaults: Settings = {
	model: {
		...dateDefaults.model,
		task: "pairs",
		units: 128,
		embedding: 128,
		dropout: 0.3,
		minCount: 2,
		maxLength: 30,
		batchSize: 32,
		learningRate: 0.003,
		decay: 0.85,
		limit: 0,
	},
	run: { ...dateDefaults.run, epochs: 8, beam: 5 },
};

/** The settings of a task where nothing is said. */
export function defaultsOf(task: ModelSettings["task"]): Settings {
	return task === "dates" ? dateDefaults : pairDefaults;
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
			const what = there === "pairs" ? "sentence pairs: give its --data again" : "dates: leave out --data";
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
	for (const [name, value] of Object.entries(dateDefaults.model)) {
		if (typeof stored?.[name] !== typeof value) throw new Error(`its settings have no \`${name}\`.`);
	}
	const settings = json as ModelSettings; // every name was checked
	if (["dates", "pairs"].includes(settings.task)) return settings;
	throw new Error(`its task is ${JSON.stringify(settings.task)}; expected dates or pairs.`);
}

function kebab(name: string): string {
	return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
