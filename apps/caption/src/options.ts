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
	attentionNames,
	type ComparedName,
	comparedNames,
	defaultsOf,
	type GivenSettings,
	type ModelSettings,
	type RunSettings,
} from "./settings.ts";

/** The options of `caption train`. What was not given is absent; the defaults depend on the task. */
export interface TrainOptions extends GivenSettings {
	readonly data?: string;
	readonly captions?: string;
	readonly out?: string;
	readonly resume?: true;
	readonly overwrite?: true;
	readonly backend: BackendName;
}

/** The options of `caption compare`: those of `caption train` but for what is compared. */
export interface CompareOptions extends Omit<TrainOptions, "attention" | "order" | "out" | "resume"> {
	readonly attentions: readonly ComparedName[];
	readonly out: string;
}

/** The options of `caption run`. */
export interface RunOptions extends PageOptions {
	readonly model?: string;
	readonly beam: number;
	readonly count: number;
	readonly attention: boolean;
	readonly backend: BackendName;
}

/** The options of `caption draw`. */
export interface DrawOptions {
	readonly count: number;
	readonly size: number;
	readonly seed: number;
}

/** What the program does once its arguments are read. */
export interface Actions {
	train(options: TrainOptions): Promise<void>;
	compare(options: CompareOptions): Promise<void>;
	run(paths: readonly string[], options: RunOptions): Promise<void>;
	draw(folder: string, options: DrawOptions): Promise<void>;
}

type SettingName = keyof ModelSettings | keyof RunSettings;

/**
 * The command line. Errors of usage are thrown as commander's `CommanderError` instead of ending the process.
 *
 * @param version Printed by `--version`.
 */
export function createProgram(version: string, actions: Actions): Command {
	const program = baseProgram(
		"caption",
		"Trains and runs a model that describes pictures, and shows where it looked for each word.",
		version,
	);
	const settings = new SettingOptions<SettingName>({
		"": defaultsOf("scenes"),
		"with --data": defaultsOf("pictures"),
	});
	const { number, choice } = settings;
	const seed: Range = { min: 0, max: 2 ** 31 - 1 };

	const train = program
		.command("train", { isDefault: false })
		.description("train a captioner, judge it on held-out pictures and write a report")
		.addOption(choice("--attention <kind>", "how it looks at a picture", "attention", attentionNames))
		.addOption(choice("--order <order>", "of sca: channels or places first", "order", ["cs", "sc"]))
		.option("--out <dir>", "where checkpoint, metrics and report go (default: out/scenes or out/<folder>)")
		.option("--resume", "go on from the checkpoint in --out");
	addLearning(train)
		.allowExcessArguments(false)
		.action((options: TrainOptions) => actions.train(options));

	const compare = program
		.command("compare")
		.description(
			"train a captioner for each attention, those that are finished excepted, and write a table of them",
		)
		.addOption(
			new Option("--attentions <names>", `what is compared, with commas: of ${comparedNames.join(", ")}`)
				.argParser(comparedOf)
				.default(attentionNames, attentionNames.join(",")),
		)
		.addOption(new Option("--out <dir>", "where all of it goes").default("out/compare"));
	addLearning(compare)
		.allowExcessArguments(false)
		.action((options: CompareOptions) => actions.compare(options));

	program
		.command("run")
		.description("describe pictures, or new scenes where none are given")
		.argument("[picture...]", "PNG or JPEG files")
		.option("--model <dir>", "folder of a training (default: out/scenes)")
		.addOption(
			new Option("--beam <n>", "hypotheses of beam search")
				.argParser(numberParser({ min: 1, max: 100 }))
				.default(3),
		)
		.addOption(
			new Option("--count <n>", "new scenes to describe")
				.argParser(numberParser({ min: 1, max: 1000 }))
				.default(2),
		)
		.option("--no-attention", "print the captions alone")
		.option("--json", "print one JSON object per line, with the attention as numbers")
		.addOption(pageOption())
		.addOption(backendOption())
		.action((paths: string[], options: RunOptions) => actions.run(paths, options));

	program
		.command("draw")
		.description("write made-up scenes as PNG files, with their captions in COCO's form")
		.argument("<folder>", "where they go")
		.addOption(
			new Option("--count <n>", "number of scenes")
				.argParser(numberParser({ min: 1, max: 100_000 }))
				.default(12),
		)
		.addOption(
			new Option("--size <n>", "sides in pixels").argParser(numberParser({ min: 8, max: 1024 })).default(64),
		)
		.addOption(new Option("--seed <n>", "seed of the scenes").argParser(numberParser(seed)).default(1))
		.action((folder: string, options: DrawOptions) => actions.draw(folder, options));
	return program;

	/** What is learned from, and how. */
	function addLearning(command: Command): Command {
		const size: Range = { min: 1, max: 4096 };
		const weight: Range = { min: 0, max: 100, whole: false };
		command
			.option("--data <folder>", "pictures, PNG or JPEG, with their captions (default: made-up scenes)")
			.option("--captions <file>", "captions in COCO's form (default: the one JSON file in --data)")
			.addOption(number("--limit <n>", "pictures to use; of yours at most, 0 takes all", "limit", { min: 0 }))
			.addOption(number("--held-out <n>", "scenes of each set to be judged by", "heldOut", { min: 1 }))
			.option("--overwrite", "start anew although --out holds a checkpoint")
			.addOption(
				number("--size <n>", "sides of the pictures it sees, in pixels", "size", { min: 8, max: 1024 }),
			)
			.addOption(number("--channels <n>", "features of each place of the map", "channels", size))
			.addOption(
				number("--halvings <n>", "how often the map is half as wide", "halvings", { min: 0, max: 6 }),
			)
			.addOption(choice("--cell <kind>", "recurrent cell", "cell", ["gru", "lstm"]))
			.addOption(number("--units <n>", "size of the recurrent state", "units", size))
			.addOption(number("--embedding <n>", "size of the word vectors", "embedding", size))
			.addOption(number("--attention-units <n>", "size of the attention's space", "attentionUnits", size))
			.addOption(number("--seen <x>", "weight of telling what is where, of scenes", "seen", weight))
			.addOption(
				number("--doubly-stochastic <x>", "weight of looking everywhere alike", "doublyStochastic", weight),
			)
			.addOption(number("--entropy <x>", "weight of hard attention's entropy", "entropy", weight))
			.addOption(number("--dropout <rate>", "share of features dropped in training", "dropout", unitInterval))
			.addOption(number("--min-count <n>", "rarer words are unknown", "minCount", { min: 1 }))
			.addOption(number("--max-length <n>", "longest caption, in words", "maxLength", { min: 1, max: 1000 }))
			.addOption(number("--beam <n>", "hypotheses of beam search when judged", "beam", { min: 1, max: 100 }));
		return addCourseOptions(command, settings, "pictures");
	}
}

/** Reads names with commas between them. */
function comparedOf(text: string): ComparedName[] {
	return [...new Set(text.split(","))].map((word) => {
		const name = comparedNames.find((known) => known === word);
		if (name === undefined)
			throw new InvalidArgumentError(`"${word}" is none of ${comparedNames.join(", ")}.`);
		return name;
	});
}
