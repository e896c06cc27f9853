import { Command, Option } from "commander";
import { numberParser, type Range } from "./number-parser.ts";
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
	readonly backend: "wasm" | "cpu";
}

/** The options of `tag run`. */
export interface RunOptions {
	readonly model?: string;
	readonly tokenized?: true;
	readonly attention: boolean;
	readonly json?: true;
	readonly backend: "wasm" | "cpu";
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
	const program = new Command("tag")
		.description("Trains and runs a tagger: parts of speech by default, or what your CoNLL files hold.")
		.version(version, "-V, --version", "print the version")
		.helpOption("-h, --help", "print this help")
		.addHelpText("after", "\nExit codes: 0 done, 2 bad input, 130 interrupted (the checkpoint is written).")
		.exitOverride()
		.configureOutput({ writeErr: () => {} });
	const number = (flag: string, what: string, name: SettingName, range: Range): Option =>
		new Option(flag, `${what} ${defaultOf(name)}`).argParser(numberParser(range));
	const size: Range = { min: 1, max: 4096 };
	const backend = new Option("--backend <name>", "what computes").choices(["wasm", "cpu"]).default("wasm");

	program
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
		.addOption(new Option("--cell <kind>", `recurrent cell ${defaultOf("cell")}`).choices(["gru", "lstm"]))
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
		)
		.addOption(number("--batch-size <n>", "sentences per step", "batchSize", { min: 1, max: 65_536 }))
		.addOption(number("--learning-rate <x>", "step size of Adam", "learningRate", rate(10)))
		.addOption(number("--decay <x>", "factor on the learning rate per epoch", "decay", rate(1)))
		.addOption(number("--epochs <n>", "passes over the sentences", "epochs", { min: 1 }))
		.addOption(number("--patience <n>", "stop after so many epochs without gain", "patience", { min: 1 }))
		.addOption(number("--seed <n>", "seed of everything random", "seed", { min: 0, max: 2 ** 31 - 1 }))
		.addOption(number("--samples <n>", "held-out sentences to show", "samples", { min: 0, max: 100 }))
		.addOption(backend)
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
		.addOption(backend)
		.action((texts: string[], options: RunOptions) => actions.run(texts, options));
	return program;
}

const unitInterval: Range = { min: 0, below: 1, whole: false };

function rate(max: number): Range {
	return { above: 0, max, whole: false };
}

/** `(default 3, words 6, spans 12)`, or one of them where all are the same. */
function defaultOf(name: SettingName): string {
	const word = (value: unknown): string => (value === true ? "on" : value === false ? "off" : String(value));
	const [brown, words, spans] = (["brown", "words", "spans"] as const).map((task) => {
		const { model, run } = defaultsOf(task);
		return word({ ...model, ...run }[name]);
	});
	return brown === words && words === spans
		? `(default ${brown})`
		: `(default ${brown}, with --data ${words}, for spans ${spans})`;
}
