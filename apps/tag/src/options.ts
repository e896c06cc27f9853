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

/** The options of `tag train`. What was not given is absent; the defaults depend on the task. */
export interface TrainOptions extends GivenSettings {
	readonly data?: string;
	readonly dev?: string;
	readonly test?: string;
	readonly wordColumn?: number;
	readonly tagColumn?: number;
	readonly out?: string;
	readonly resume?: true;
	readonly overwrite?: true;
	readonly backend: BackendName;
}

/** The options of `tag run`. */
export interface RunOptions {
	readonly model?: string;
	readonly tokenized?: true;
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
		"tag",
		"Trains and runs a tagger: parts of speech by default, or what your CoNLL files hold.",
		version,
	);
	const settings = new SettingOptions<SettingName>({
		"": defaultsOf("brown"),
		"with --data": defaultsOf("words"),
		"for spans": defaultsOf("spans"),
	});
	const { number, choice, defaultOf } = settings;
	const size: Range = { min: 1, max: 4096 };

	const train = program
		.command("train", { isDefault: false })
		.description("train a tagger, judge it on held-out sentences and write a report")
		.option("--data <file>", "one word and tag per line, or CoNLL-U; .gz too (default: the Brown corpus)")
		.option("--dev <file>", "what decides which epoch to keep (default: a twentieth of the data)")
		.option("--test <file>", "what to be judged by (default: a tenth of the data)")
		.addOption(number("--word-column <n>", "column of the words; 0 finds it", "wordColumn", { min: 0 }))
		.addOption(number("--tag-column <n>", "column of the tags; 0 finds it", "tagColumn", { min: 0 }))
		.addOption(number("--limit <n>", "sentences to learn from, at most; 0 takes all", "limit", { min: 0 }))
		.option("--out <dir>", "where checkpoint, metrics and report go (default: out/brown or out/<file>)")
		.option("--resume", "go on from the checkpoint in --out")
		.option("--overwrite", "start anew although --out holds a checkpoint")
		.option("--self-attention", `let words look at their sentence ${defaultOf("selfAttention")}`)
		.option("--no-self-attention", "do not")
		.addOption(number("--heads <n>", "attention heads", "heads", { min: 1, max: 64 }))
		.option("--crf", `choose the best path of tags ${defaultOf("crf")}`)
		.option("--no-crf", "choose each tag for itself")
		.addOption(choice("--cell <kind>", "recurrent cell", "cell", ["gru", "lstm"]))
		.addOption(number("--layers <n>", "recurrent layers", "layers", { min: 1, max: 16 }))
		.addOption(number("--units <n>", "size of the recurrent states in each direction", "units", size))
		.addOption(number("--embedding <n>", "size of the word vectors", "embedding", size))
		.addOption(
			number("--affix-buckets <n>", "buckets for prefixes, suffixes, shapes; 0: none", "affixBuckets", {
				min: 0,
				max: 2 ** 24,
			}),
		)
		.addOption(number("--dropout <rate>", "share of features dropped in training", "dropout", unitInterval))
		.addOption(
			number("--min-count <n>", "rarer words are known by their looks alone", "minCount", { min: 1 }),
		)
		.addOption(
			number("--max-length <n>", "longest sentence to learn from, in words", "maxLength", { min: 1 }),
		);
	addCourseOptions(train, settings, "sentences")
		.allowExcessArguments(false)
		.action((options: TrainOptions) => actions.train(options));

	program
		.command("run")
		.description("tag sentences, or the lines of stdin")
		.argument("[sentence...]", "what to tag, each in quotes")
		.option("--model <dir>", "folder of a training (default: out/brown)")
		.option("--tokenized", "words and punctuation are between spaces already")
		.option("--no-attention", "print the tags alone")
		.option("--json", "print one JSON object per line, with the attention as numbers")
		.addOption(backendOption())
		.action((texts: string[], options: RunOptions) => actions.run(texts, options));
	return program;
}
