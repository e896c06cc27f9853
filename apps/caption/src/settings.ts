import {
	type AllSettings,
	fillSettings,
	type Given,
	readSettings,
	refuseUnread,
	resumeSettings,
	type StoredSettings,
} from "@heed/command-line";

/** What is described: made-up scenes, or pictures of the user. */
export type Task = "scenes" | "pictures";

/** How the decoder looks at a picture. */
export const attentionNames = ["soft", "hard", "sca", "none"] as const;
export type AttentionName = (typeof attentionNames)[number];

/** What can be compared; `sca-sc` is SCA-CNN that weighs places before channels. */
export const comparedNames = ["soft", "hard", "sca", "sca-sc", "none"] as const;
export type ComparedName = (typeof comparedNames)[number];

/** What decides the data, the model's shape and the course of the training. It is stored beside the weights. */
export interface ModelSettings {
	readonly task: Task;
	readonly attention: AttentionName;
	readonly cell: "gru" | "lstm";
	/** Sides of the pictures that the model sees, in pixels. */
	readonly size: number;
	/** Channels of the map of features. */
	readonly channels: number;
	/** How often the map is half as wide and high. */
	readonly halvings: number;
	/** Size of the decoder's state. */
	readonly units: number;
	/** Size of a word's vector. */
	readonly embedding: number;
	/** Size of the space in which the state and the features meet. */
	readonly attentionUnits: number;
	/** Of `sca`: channels first, or places. */
	readonly order: "cs" | "sc";
	/** Weight of telling, while it trains, what stands in each place of a scene. */
	readonly seen: number;
	/** Weight of the doubly stochastic penalty. */
	readonly doublyStochastic: number;
	/** Weight of the entropy of hard attention. */
	readonly entropy: number;
	/** Share of the features that are dropped in training. */
	readonly dropout: number;
	/** Words that occur less often are unknown. */
	readonly minCount: number;
	/** Captions are not longer than this, in words. */
	readonly maxLength: number;
	readonly batchSize: number;
	readonly learningRate: number;
	/** What the learning rate is multiplied by in the course of each epoch. */
	readonly decay: number;
	readonly seed: number;
	/** Number of pictures; of pictures of the user at most, and 0 takes all. */
	readonly limit: number;
}

/** What may change from one run to the next of the same training. */
export interface RunSettings {
	readonly epochs: number;
	/** Epochs without improvement after which training stops. */
	readonly patience: number;
	/** Hypotheses that beam search goes on with. */
	readonly beam: number;
	/** Number of scenes in each held-out set: the first ones, the same for every training. */
	readonly heldOut: number;
	/** How many held-out pictures are shown with where each word looked. */
	readonly samples: number;
}

/** All that is set: what is stored beside the weights and what is not. */
export type Settings = AllSettings<ModelSettings, RunSettings>;

const sceneDefaults: Settings = {
	model: {
		task: "scenes",
		attention: "soft",
		cell: "lstm",
		size: 48,
		channels: 48,
		halvings: 3,
		units: 96,
		embedding: 32,
		attentionUnits: 32,
		order: "cs",
		seen: 1,
		doublyStochastic: 0,
		entropy: 0.01,
		dropout: 0,
		minCount: 1,
		maxLength: 20,
		batchSize: 64,
		learningRate: 0.006,
		decay: 0.8,
		seed: 1,
		limit: 8000,
	},
	run: { epochs: 10, patience: 10, beam: 3, heldOut: 400, samples: 4 },
};

const pictureDefaults: Settings = {
	model: {
		...sceneDefaults.model,
		task: "pictures",
		size: 64,
		channels: 64,
		halvings: 3,
		seen: 0,
		doublyStochastic: 0.1,
		units: 128,
		embedding: 64,
		dropout: 0.3,
		minCount: 3,
		batchSize: 16,
		learningRate: 0.003,
		decay: 0.9,
		limit: 0,
	},
	run: { ...sceneDefaults.run, patience: 3 },
};

/** The settings of a task where nothing is said. */
export function defaultsOf(task: Task): Settings {
	return { scenes: sceneDefaults, pictures: pictureDefaults }[task];
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
	return task === "scenes" ? "made-up scenes: leave out --data" : "pictures: give their --data again";
}

/** The settings that some attentions alone read, and which those are. */
const readers: Partial<Record<keyof ModelSettings, readonly AttentionName[]>> = {
	order: ["sca"],
	entropy: ["hard"],
	attentionUnits: ["soft", "hard", "sca"],
	doublyStochastic: ["soft", "hard", "sca"],
};

/** The settings that mean nothing for an attention. */
export function unusedSettings({ attention }: ModelSettings): readonly (keyof ModelSettings)[] {
	const unread = Object.entries(readers).filter(([, by]) => !by.includes(attention));
	return unread.map(([name]) => name as keyof ModelSettings);
}

/**
 * Refuses what nothing would read. What is merely a default is nobody's mistake.
 *
 * @throws UserError that names both options.
 */
export function checkTogether(settings: ModelSettings, given: GivenSettings): void {
	refuseUnread(unusedSettings(settings), given, (name) => {
		return `--attention ${settings.attention}, only with ${readers[name]?.join(", ")}`;
	});
}

/**
 * Reads the settings of a model from JSON.
 *
 * @throws Error that says what is missing.
 */
export function settingsOf(json: unknown): ModelSettings {
	const choices = {
		task: ["scenes", "pictures"],
		attention: attentionNames,
		cell: ["gru", "lstm"],
		order: ["cs", "sc"],
	};
	return readSettings(json, { like: sceneDefaults.model, choices });
}
