import {
	type AllSettings,
	fillSettings,
	type Given,
	readSettings,
	refuseUnread,
	resumeSettings,
	type StoredSettings,
} from "@heed/command-line";
import { type Distortion, distortions } from "./data/distort.ts";

/** How a digit is read: by a spatial transformer before a convolutional network, or by a few glimpses. */
export const tasks = ["transformer", "glimpses"] as const;

/** One of {@link tasks}. */
export type Task = (typeof tasks)[number];

/** How the spatial transformer may move the pixels; `none` is the network without it. */
export const transforms = ["affine", "attention", "projective", "tps", "none"] as const;

/** One of {@link transforms}. */
export type TransformChoice = (typeof transforms)[number];

/** What puts glimpses together. */
export const cores = ["rnn", "lstm", "deep"] as const;

/** What decides the task, the model's shape and the course of the training. It is stored beside the weights. */
export interface ModelSettings {
	readonly task: Task;
	readonly distortion: Distortion;
	/** Height and width of the distorted pictures; 0: what the distortion is known with. */
	readonly size: number;
	/** Only `transformer`, as all down to `units`. */
	readonly transform: TransformChoice;
	/** Height and width of what the spatial transformer reads for the network behind it. */
	readonly crop: number;
	/** Filters of the convolutions that see where the digit is. */
	readonly localizationFilters: number;
	/** Features that the place is computed of. */
	readonly localizationUnits: number;
	/** Filters of the first convolution that reads the digit; the second has twice as many. */
	readonly filters: number;
	/** Size of the layer before the answer. */
	readonly units: number;
	/** Only `glimpses`, as all down to `locatorRate`. */
	readonly glimpses: number;
	/** Height and width of a glimpse. */
	readonly patchSize: number;
	/** Patches per glimpse, each twice as wide as the one before. */
	readonly scales: number;
	readonly core: (typeof cores)[number];
	/** Size of the state. */
	readonly stateUnits: number;
	/** Standard deviation of the places that are drawn. */
	readonly std: number;
	/** How often every picture is looked at in a step. */
	readonly rollouts: number;
	/** Weight of the term that learns where to look. */
	readonly reinforceWeight: number;
	/** What the learning rate is multiplied by for what says where to look. */
	readonly locatorRate: number;
	readonly batchSize: number;
	readonly learningRate: number;
	/** What the learning rate is multiplied by in the course of each epoch. */
	readonly decay: number;
	readonly seed: number;
	/** Number of training digits, at most; 0 takes all. */
	readonly limit: number;
}

/** What may change from one run to the next of the same training. */
export interface RunSettings {
	readonly epochs: number;
	/** Epochs without improvement after which training stops. */
	readonly patience: number;
	/** How many held-out pictures are shown with where it looked. */
	readonly samples: number;
}

/** All that is set: what is stored beside the weights and what is not. */
export type Settings = AllSettings<ModelSettings, RunSettings>;

const transformerDefaults: Settings = {
	model: {
		task: "transformer",
		distortion: "rts",
		size: 0,
		transform: "affine",
		crop: 28,
		localizationFilters: 8,
		localizationUnits: 32,
		filters: 16,
		units: 64,
		glimpses: 6,
		patchSize: 8,
		scales: 1,
		core: "rnn",
		stateUnits: 256,
		std: 0.17,
		rollouts: 1,
		reinforceWeight: 0.01,
		locatorRate: 0.03,
		batchSize: 64,
		learningRate: 0.002,
		decay: 0.8,
		seed: 1,
		limit: 0,
	},
	run: { epochs: 8, patience: 4, samples: 12 },
};

const glimpsesDefaults: Settings = {
	model: {
		...transformerDefaults.model,
		task: "glimpses",
		distortion: "none",
		scales: 2,
		batchSize: 32,
		learningRate: 0.003,
		decay: 0.9,
	},
	run: { ...transformerDefaults.run, epochs: 12, patience: 6 },
};

/** The settings of a task where nothing is said. */
export function defaultsOf(task: Task): Settings {
	return { transformer: transformerDefaults, glimpses: glimpsesDefaults }[task];
}

/** The settings that were given: names that are absent were not. */
export type GivenSettings = Given<ModelSettings, RunSettings>;

/** Pictures that are distorted already are left as they are, if nothing else is said. */
function defaultsFor(task: Task, ready: boolean): Settings {
	const { model, run } = defaultsOf(task);
	return { model: { ...model, ...(ready && { distortion: "none" }) }, run };
}

/** Fills in the defaults of the task. */
export function settingsFor(task: Task, ready: boolean, given: GivenSettings): Settings {
	return fillSettings(defaultsFor(task, ready), given);
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
	const { task = stored.settings.task } = given as { readonly task?: Task };
	return resumeSettings(stored, defaultsOf(task), given, {
		folder,
		describe: (there) => `${there.task}: give --task ${there.task}`,
	});
}

/**
 * Reads the settings of a model from JSON.
 *
 * @throws Error that says what is missing.
 */
export function settingsOf(json: unknown): ModelSettings {
	const choices = { task: tasks, distortion: distortions, transform: transforms, core: cores };
	return readSettings(json, { like: transformerDefaults.model, choices });
}

const transformerOnly = [
	"transform",
	"crop",
	"localizationFilters",
	"localizationUnits",
	"filters",
	"units",
] as const;
/** What only a spatial transformer has. */
const placeOnly = ["crop", "localizationFilters", "localizationUnits"] as const;
const glimpsesOnly = [
	...(["glimpses", "patchSize", "scales", "core", "stateUnits", "std", "rollouts"] as const),
	...(["reinforceWeight", "locatorRate"] as const),
] as const;

/** The settings that mean nothing for a task, or for a network without a spatial transformer. */
export function unusedSettings({ task, transform }: ModelSettings): readonly (keyof ModelSettings)[] {
	if (task === "glimpses") return transformerOnly;
	return transform === "none" ? [...glimpsesOnly, ...placeOnly] : glimpsesOnly;
}

/**
 * Refuses what nothing would read. What is merely a default is nobody's mistake.
 *
 * @throws UserError that names both options.
 */
export function checkTogether(settings: ModelSettings, given: GivenSettings): void {
	const { task } = settings;
	refuseUnread(unusedSettings(settings), given, (name) =>
		task === "transformer" && placeOnly.some((place) => place === name)
			? "--transform none, which has no spatial transformer"
			: `--task ${task}, only with --task ${task === "glimpses" ? "transformer" : "glimpses"}`,
	);
}
