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
import { defaultsOf, type GivenSettings, type ModelSettings, type RunSettings } from "./settings.ts";

/** The options of `genre train`. What was not given is absent; the defaults depend on the task. */
export interface TrainOptions extends GivenSettings {
	readonly data?: string;
	readonly out?: string;
	readonly resume?: true;
	readonly overwrite?: true;
	readonly backend: BackendName;
}

/** The options of `genre run`. */
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
		"genre",
		"Trains and runs a document classifier with attention: genres by default, or labels of your own.",
		version,
	);
	const settings = new SettingOptions<SettingName>({
		"": defaultsOf("brown"),
		"with --data": defaultsOf("file"),
	});
	const { number, choice } = settings;
	const size: Range = { min: 1, max: 4096 };

	const train = program
		.command("train", { isDefault: false })
		.description("train a classifier, judge it on held-out documents and write a report")
		.option("--data <file>", "lines of label<TAB>text, or of JSON; .gz too (default: the Brown corpus)")
		.addOption(number("--limit <n>", "number of documents, at most; 0 takes all", "limit", { min: 0 }))
		.option(
			"--out <dir>",
			"where checkpoint, metrics and report go (default: out/brown-genres or out/<file>)",
		)
		.option("--resume", "go on from the checkpoint in --out")
		.option("--overwrite", "start anew although --out holds a checkpoint")
		.addOption(
			choice("--pooling <kind>", "what makes one vector of many", "pooling", [
				"context",
				"structured",
				"mean",
			]),
		)
		.option("--flat", "read words alone, not words of sentences")
		.addOption(choice("--cell <kind>", "recurrent cell", "cell", ["gru", "lstm"]))
		.addOption(number("--units <n>", "size of the recurrent states in each direction", "units", size))
		.addOption(number("--embedding <n>", "size of the word vectors", "embedding", size))
		.addOption(
			number("--hops <n>", "vectors per sequence of structured pooling", "hops", { min: 1, max: 64 }),
		)
		.addOption(
			number("--penalty <x>", "weight of structured pooling's penalty on hops that are alike", "penalty", {
				min: 0,
				whole: false,
			}),
		)
		.addOption(number("--dropout <rate>", "share of features dropped in training", "dropout", unitInterval))
		.addOption(
			number(
				"--word-dropout <rate>",
				"share of words that training reads as unknown",
				"wordDropout",
				unitInterval,
			),
		)
		.addOption(
			number("--min-documents <n>", "words of fewer documents become unknown", "minDocuments", { min: 1 }),
		)
		.addOption(number("--sentences <n>", "sentences per piece, at most", "sentences", { min: 1, max: 1000 }))
		.addOption(number("--max-words <n>", "words per sentence, at most", "maxWords", { min: 1, max: 1000 }));
	addCourseOptions(train, settings, "pieces")
		.allowExcessArguments(false)
		.action((options: TrainOptions) => actions.train(options));

	program
		.command("run")
		.description("classify texts, or the text on stdin")
		.argument("[text...]", "what to classify, each in quotes")
		.option("--model <dir>", "folder of a training (default: out/brown-genres)")
		.option("--no-attention", "print the probabilities alone")
		.option("--json", "print one JSON object per text, with the attention as numbers")
		.addOption(backendOption())
		.action((texts: string[], options: RunOptions) => actions.run(texts, options));
	return program;
}
