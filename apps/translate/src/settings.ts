import {
	type AllSettings,
	fillSettings,
	type Given,
	readSettings,
	resumeSettings,
	type StoredSettings,
} from "@heed/command-line";
import { checkTogether } from "./check-together.ts";
import { type AttentionName, attentionNames } from "./mechanisms.ts";

/** What `--model` accepts. */
export type ModelName = "rnn" | "transformer" | "convolutional";

/** All of {@link ModelName}. */
export const modelNames: readonly ModelName[] = ["rnn", "transformer", "convolutional"];

/** What `--encoder-cell` accepts. */
export type EncoderCellName = "same" | "gru" | "lstm" | "qrnn";

/** All of {@link EncoderCellName}. */
export const encoderCellNames: readonly EncoderCellName[] = ["same", "gru", "lstm", "qrnn"];

/** What `--reward` accepts. */
export type RewardName = "token" | "sentence";

/** All of {@link RewardName}. */
export const rewardNames: readonly RewardName[] = ["token", "sentence"];

/** What decides the task, the model's shape and the course of the training. It is stored beside the weights. */
export interface ModelSettings {
	/** `dates`, or pairs of a file. */
	readonly task: "dates" | "pairs";
	readonly model: ModelName;
	/** Only of `rnn`, as the next eight: other models have attention of their own. */
	readonly attention: AttentionName;
	/** Of `monotonic`: the standard deviation of the noise that training adds to its energies. */
	readonly noise: number;
	/** Of `hard`: what draws are rewarded with, what they did for their own token or for the whole sentence. */
	readonly reward: RewardName;
	readonly cell: "gru" | "lstm";
	/** `same` as `cell`, or another one. */
	readonly encoderCell: EncoderCellName;
	readonly encoderLayers: number;
	/** Let the positions of the source look at each other after each layer of the encoder. */
	readonly selfAttention: boolean;
	/** Feed what was attended to into the next step. */
	readonly inputFeeding: boolean;
	/** Copy words of the source. */
	readonly copy: boolean;
	/** Size of the states. A recurrent encoder has as many in each direction; of a Transformer the token vectors too. */
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
export type Settings = AllSettings<ModelSettings, RunSettings>;

const dateDefaults: Settings = {
	model: {
		task: "dates",
		model: "rnn",
		attention: "bahdanau",
		noise: 1,
		reward: "token",
		cell: "gru",
		encoderCell: "same",
		encoderLayers: 1,
		selfAttention: false,
		inputFeeding: false,
		copy: false,
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

/** For what attends to itself or with several heads, on sentences: at the usual rate it learns next to nothing of them. */
const smallRate = 0.001;

/** The settings of a task where nothing is said. */
export function defaultsOf(task: ModelSettings["task"]): Settings {
	return task === "dates" ? dateDefaults : pairDefaults;
}

/** The settings that were given: names that are absent were not. */
export type GivenSettings = Given<ModelSettings, RunSettings>;

/**
 * Fills in the defaults of the task.
 *
 * @throws UserError for settings that do not go together.
 */
export function settingsFor(task: ModelSettings["task"], given: GivenSettings): Settings {
	const settings = fillSettings(defaultsOf(task), given);
	checkTogether(settings.model, given);
	const { model, attention, selfAttention } = settings.model;
	const isTouchy = model !== "rnn" || attention === "multi-head" || selfAttention;
	if (task === "dates" || given.learningRate !== undefined || !isTouchy) return settings;
	return { ...settings, model: { ...settings.model, learningRate: smallRate } };
}

/**
 * The settings of a training that goes on, see {@link resumeSettings}.
 *
 * @throws UserError that names the option and both values, or what does not go together.
 */
export function resumedSettings(
	stored: StoredSettings<ModelSettings>,
	task: ModelSettings["task"],
	given: GivenSettings,
	folder: string,
): Settings {
	const settings = resumeSettings(stored, defaultsOf(task), given, {
		folder,
		describe: ({ task: there }) =>
			there === "pairs" ? "sentence pairs: give its --data again" : "dates: leave out --data",
	});
	checkTogether(stored.settings, given);
	return settings;
}

/**
 * Reads the settings of a model from JSON.
 *
 * @throws Error that says what is missing.
 */
export function settingsOf(json: unknown): ModelSettings {
	return readSettings(json, {
		like: dateDefaults.model,
		choices: {
			task: ["dates", "pairs"],
			model: modelNames,
			attention: attentionNames,
			reward: rewardNames,
			cell: ["gru", "lstm"],
			encoderCell: encoderCellNames,
		},
		before: {
			model: "rnn",
			noise: 1,
			reward: "token",
			encoderCell: "same",
			encoderLayers: 1,
			selfAttention: false,
			inputFeeding: false,
			copy: false,
		},
	});
}

/** What the model is called in reports. */
export function modelTitle(settings: ModelSettings): string {
	if (settings.model === "transformer") return "Transformer";
	if (settings.model === "convolutional") return "Convolutional translator";
	const extras = variantsOf(settings).map((variant) => `and ${variant.replaceAll("-", " ")}`);
	return [`Translator with ${settings.attention} attention`, ...extras].join(" ");
}

/** What a model is called among others: `luong`, `luong+input-feeding`, `transformer`. */
export function modelName(settings: ModelSettings): string {
	return settings.model === "rnn" ? [settings.attention, ...variantsOf(settings)].join("+") : settings.model;
}

/** What a recurrent model has beside its attention that one by default has not. */
function variantsOf(settings: ModelSettings): string[] {
	const { noise, reward, cell, encoderCell, encoderLayers, selfAttention, inputFeeding, copy } = settings;
	const variants: (string | false)[] = [
		noise !== 1 && `noise-${noise}`,
		reward !== "token" && `${reward}-reward`,
		cell !== "gru" && `${cell}-cells`,
		encoderCell !== "same" && encoderCell !== cell && `${encoderCell}-encoder`,
		encoderLayers !== 1 && `${encoderLayers}-encoder-layers`,
		selfAttention && "self-attention",
		inputFeeding && "input-feeding",
		copy && "copying",
	];
	return variants.filter((variant) => variant !== false);
}
