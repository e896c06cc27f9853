import {
	addCourseOptions,
	type BackendName,
	backendOption,
	baseProgram,
	numberParser,
	type PageOptions,
	pageOption,
	type Range,
	SettingOptions,
	unitInterval,
} from "@heed/command-line";
import { type Command, InvalidArgumentError, Option } from "commander";
import {
	attentionKinds,
	defaultsOf,
	type GivenSettings,
	heldOutVideos,
	type ModelSettings,
	type RunSettings,
} from "./settings.ts";
import type { AttentionKind } from "./video-qa-model.ts";

/** The options of `video-qa train`. What was not given is absent; the defaults depend on the task. */
export interface TrainOptions extends GivenSettings {
	readonly data?: string;
	readonly out?: string;
	readonly resume?: true;
	readonly overwrite?: true;
	readonly backend: BackendName;
}

/** The options of `video-qa run`. */
export interface RunOptions extends PageOptions {
	readonly model?: string;
	readonly video?: number;
	readonly frames?: string;
	readonly attention: boolean;
	readonly backend: BackendName;
}

/** The options of `video-qa compare`: those of `video-qa train` but for what is compared. */
export interface CompareOptions extends Omit<TrainOptions, "attention" | "resume"> {
	readonly attentions?: readonly AttentionKind[];
}

/** What the program does once its arguments are read. */
export interface Actions {
	train(options: TrainOptions): Promise<void>;
	run(questions: readonly string[], options: RunOptions): Promise<void>;
	compare(folders: readonly string[], options: CompareOptions): Promise<void>;
}

type SettingName = keyof ModelSettings | keyof RunSettings;

/**
 * The command line. Errors of usage are thrown as commander's `CommanderError` instead of ending the process.
 *
 * @param version Printed by `--version`.
 */
export function createProgram(version: string, actions: Actions): Command {
	const program = baseProgram(
		"video-qa",
		"Answers questions about videos: of moving digits by default, or of your own.",
		version,
	);
	const settings = new SettingOptions<SettingName>({
		"": defaultsOf("digits"),
		"with --data": defaultsOf("folder"),
	});
	addTrain(program, settings, actions);
	addCompare(program, settings, actions);
	program
		.command("run")
		.description("answer questions about a video, and show where it looked")
		.argument("[question...]", "each in quotes; without any, all that the held-out video is asked")
		.option("--model <dir>", "folder of a training (default: out/both)")
		.option("--video <n>", "number of a generated held-out video (default: 0)", numberParser({ min: 0 }))
		.option(
			"--frames <dir>",
			"folder of a video of your own, one PNG or JPEG per frame, in the order of the names",
		)
		.addOption(pageOption())
		.option("--no-attention", "print the answers alone")
		.option("--json", "print one JSON object per question, with the attention as numbers")
		.addOption(backendOption())
		.action((questions: string[], options: RunOptions) => actions.run(questions, options));
	return program;
}

function addTrain(program: Command, settings: SettingOptions<SettingName>, actions: Actions): void {
	const train = program
		.command("train", { isDefault: false })
		.description("train a model, judge it on held-out videos and write a report")
		.addOption(
			settings.choice("--attention <kind>", "what the question looks at", "attention", attentionKinds),
		)
		.option(
			"--out <dir>",
			"where checkpoint, metrics and report go (default: out/<attention> or out/<folder>)",
		)
		.option("--resume", "go on from the checkpoint in --out");
	addLearning(train, settings)
		.allowExcessArguments(false)
		.action((options: TrainOptions) => actions.train(options));
}

function addCompare(program: Command, settings: SettingOptions<SettingName>, actions: Actions): void {
	const compare = program
		.command("compare")
		.description(
			"train a model for each kind of attention, those that are finished excepted, and write a table of them by kind of " +
				"question; folders of trainings that are named are only judged",
		)
		.argument(
			"[folder...]",
			"trainings to judge instead; of the options, with --data, --held-out, --samples, --out",
		)
		.addOption(
			new Option(
				"--attentions <names>",
				`what is compared, with commas: of ${attentionKinds.join(", ")} (default: all)`,
			).argParser(kindsOf),
		)
		.option(
			"--out <dir>",
			"where all of it goes, or the report on what was named (default: out/video-qa-compare or out/<folder>-compare; of what was named: no report)",
		);
	addLearning(compare, settings).action((folders: string[], options: CompareOptions) =>
		actions.compare(folders, options),
	);
}

/** Reads names with commas between them. */
function kindsOf(text: string): AttentionKind[] {
	return [...new Set(text.split(","))].map((word) => {
		const kind = attentionKinds.find((known) => known === word);
		if (kind === undefined)
			throw new InvalidArgumentError(`"${word}" is none of ${attentionKinds.join(", ")}.`);
		return kind;
	});
}

/** What is learned from, and how. */
function addLearning(command: Command, settings: SettingOptions<SettingName>): Command {
	const { number } = settings;
	const size: Range = { min: 1, max: 4096 };
	command
		.option(
			"--data <dir>",
			"questions.json, and a folder of PNG or JPEG frames per video (default: generated videos)",
		)
		.option("--overwrite", "start anew although --out holds a checkpoint")
		.addOption(number("--videos <n>", "generated videos to learn from", "videos", { min: 1, max: 65_536 }))
		.addOption(
			number("--held-out <n>", "generated videos to be judged by", "heldOut", { min: 1, max: heldOutVideos }),
		)
		.addOption(
			number("--size <n>", "side of your frames, to which they are shrunk", "size", { min: 8, max: 256 }),
		)
		.addOption(number("--features <n>", "channels of the features of a frame", "features", size))
		.addOption(number("--units <n>", "size of the states of question and video", "units", size))
		.addOption(
			number("--attention-units <n>", "size of the space that attention scores in", "attentionUnits", size),
		)
		.addOption(number("--embedding <n>", "size of the word vectors", "embedding", size))
		.addOption(number("--dropout <rate>", "share of features dropped in training", "dropout", unitInterval))
		.addOption(
			number("--frame-epochs <n>", "epochs of learning what generated frames show first", "frameEpochs", {
				min: 0,
			}),
		)
		.addOption(
			number(
				"--seen-weight <n>",
				"weight of learning what generated frames show beside the answers",
				"seenWeight",
				{
					min: 0,
					max: 100,
					whole: false,
				},
			),
		);
	return addCourseOptions(command, settings, "videos");
}
