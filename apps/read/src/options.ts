import {
	addCourseOptions,
	type BackendName,
	backendOption,
	baseProgram,
	type Range,
	SettingOptions,
	unitInterval,
} from "@heed/command-line";
import type { Command } from "commander";
import {
	defaultsOf,
	type GivenSettings,
	type ModelSettings,
	type RunSettings,
	readerKinds,
} from "./settings.ts";

/** The options of `read train`. What was not given is absent; the defaults depend on the task. */
export interface TrainOptions extends GivenSettings {
	readonly data?: string;
	readonly out?: string;
	readonly resume?: true;
	readonly overwrite?: true;
	readonly backend: BackendName;
}

/** The options of `read run`. */
export interface RunOptions {
	readonly model?: string;
	readonly attention: boolean;
	readonly json?: true;
	readonly backend: BackendName;
}

/** What the program does once its arguments are read. */
export interface Actions {
	train(options: TrainOptions): Promise<void>;
	run(texts: readonly string[], options: RunOptions): Promise<void>;
}

type SettingName = keyof ModelSettings | keyof RunSettings;

/**
 * The command line. Errors of usage are thrown as commander's `CommanderError` instead of ending the process.
 *
 * @param version Printed by `--version`.
 */
export function createProgram(version: string, actions: Actions): Command {
	const program = baseProgram(
		"read",
		"Trains a reader with attention and asks it questions: about made-up stories, or your own texts.",
		version,
	);
	const settings = new SettingOptions<SettingName>({
		"": defaultsOf("stories"),
		"with --data": defaultsOf("file"),
	});
	const { number, choice } = settings;
	const size: Range = { min: 1, max: 4096 };

	const train = program
		.command("train", { isDefault: false })
		.description("train a reader, judge it on held-out questions and write a report")
		.option("--data <file>", "questions as in the Children's Book Test; .gz too (default: made-up stories)")
		.addOption(
			number("--limit <n>", "number of questions, at most; 0 takes all of a file", "limit", { min: 0 }),
		)
		.option("--out <dir>", "where checkpoint, metrics and report go (default: out/stories or out/<file>)")
		.option("--resume", "go on from the checkpoint in --out")
		.option("--overwrite", "start anew although --out holds a checkpoint")
		.addOption(choice("--model <kind>", "the reader", "reader", readerKinds))
		.addOption(number("--units <n>", "size of the recurrent states", "units", size))
		.addOption(number("--embedding <n>", "size of the word vectors", "embedding", size))
		.addOption(number("--dropout <rate>", "share of features dropped in training", "dropout", unitInterval))
		.addOption(number("--min-count <n>", "rarer words become unknown", "minCount", { min: 1 }))
		.addOption(number("--max-length <n>", "longest story in words", "maxLength", { min: 1, max: 100_000 }));
	addCourseOptions(train, settings, "questions")
		.allowExcessArguments(false)
		.action(({ model, ...options }: TrainOptions & { readonly model?: ModelSettings["reader"] }) =>
			actions.train({ ...options, ...(model && { reader: model }) }),
		);

	program
		.command("run")
		.description("answer questions about stories: texts in which one sentence has XXXXX for the answer")
		.argument(
			"[text...]",
			"stories, each with its question (default: stdin, with empty lines between stories)",
		)
		.option("--model <dir>", "folder of a training (default: out/stories)")
		.option("--no-attention", "print the answers alone")
		.option("--json", "print one JSON object per line, with the attention as numbers")
		.addOption(backendOption())
		.action((texts: string[], options: RunOptions) => actions.run(texts, options));
	return program;
}
