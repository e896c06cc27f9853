import { Command, InvalidArgumentError, Option } from "commander";
import { type AttentionName, attentionNames } from "./mechanisms.ts";
import { numberParser, type Range, unitInterval } from "./number-parser.ts";
import type { GoldFiles } from "./read-gold.ts";
import {
	defaultsOf,
	type GivenSettings,
	type ModelName,
	type ModelSettings,
	modelNames,
} from "./settings.ts";

/** What both kinds of training are told. What was not given is absent; the defaults depend on the task. */
interface CommonOptions extends GivenSettings, Omit<GoldFiles, "reverse"> {
	readonly data?: string;
	readonly overwrite?: true;
	readonly backend: "wasm" | "cpu";
}

/** The options of `translate train`. */
export interface TrainOptions extends CommonOptions {
	readonly out?: string;
	readonly resume?: true;
}

/** The options of `translate compare`. */
export interface CompareOptions extends CommonOptions {
	readonly out: string;
	readonly attention?: readonly AttentionName[];
	readonly model?: readonly ModelName[];
}

/** The options of `translate run`. */
export interface RunOptions {
	readonly model?: string;
	readonly beam?: number;
	readonly alignment: boolean;
	readonly json?: true;
	readonly backend: "wasm" | "cpu";
}

/** What the program does once its arguments are read. */
export interface Actions {
	train(options: TrainOptions): Promise<void>;
	compare(options: CompareOptions): Promise<void>;
	run(texts: readonly string[], options: RunOptions): Promise<void>;
}

/**
 * The command line. Errors of usage are thrown as commander's `CommanderError` instead of ending the process.
 *
 * @param version Printed by `--version`.
 */
export function createProgram(version: string, actions: Actions): Command {
	const program = new Command("translate")
		.description("Trains and runs a translator with attention: dates by default, or your own sentence pairs.")
		.version(version, "-V, --version", "print the version")
		.helpOption("-h, --help", "print this help")
		.addHelpText("after", "\nExit codes: 0 done, 2 bad input, 130 interrupted (the checkpoint is written).")
		.exitOverride()
		.configureOutput({ writeErr: () => {} });
	const both = (name: keyof ModelSettings | "epochs" | "patience" | "beam" | "samples"): string => {
		const [dates, pairs] = (["dates", "pairs"] as const).map((task) => {
			const { model, run } = defaultsOf(task);
			return { ...model, ...run }[name];
		});
		return dates === pairs ? `(default ${dates})` : `(default ${dates}, with --data ${pairs})`;
	};
	const number = (flag: string, what: string, name: Parameters<typeof both>[0], range: Range): Option =>
		new Option(flag, `${what} ${both(name)}`).argParser(numberParser(range));
	const backend = new Option("--backend <name>", "what computes").choices(["wasm", "cpu"]).default("wasm");

	/** What `train` and `compare` have in common. */
	const training = (command: Command): Command =>
		command
			.option("--data <file>", "tab-separated pairs, source<TAB>target; .gz too (default: dates to ISO 8601)")
			.option("--reverse", "translate from the second column into the first")
			.addOption(number("--limit <n>", "number of pairs, at most; 0 takes all", "limit", { min: 0 }))
			.option(
				"--alignments <file>",
				"gold links (0-0 1-2 3p1) of the sentences of --align-data, to judge attention by",
			)
			.option("--align-data <file>", "their sentences: source ||| target, spaces between the tokens")
			.addOption(
				new Option("--align-from <n>", "the number of the first token in --alignments (default 0)").argParser(
					numberParser({ min: 0, max: 1 }),
				),
			)
			.addOption(new Option("--cell <kind>", `recurrent cell ${both("cell")}`).choices(["gru", "lstm"]))
			.option(
				"--input-feeding",
				"feed what was attended to into the next step; for mechanisms behind the cell",
			)
			.option("--copy", "let the model copy words of the source, also those that it does not know")
			.addOption(number("--units <n>", "size of the states", "units", { min: 1, max: 4096 }))
			.addOption(number("--embedding <n>", "size of the token vectors", "embedding", { min: 1, max: 4096 }))
			.addOption(number("--dropout <rate>", "share of features dropped in training", "dropout", unitInterval))
			.addOption(number("--min-count <n>", "rarer words become unknown", "minCount", { min: 1 }))
			.addOption(number("--max-length <n>", "longest text in tokens", "maxLength", { min: 1, max: 10_000 }))
			.addOption(number("--batch-size <n>", "pairs per step", "batchSize", { min: 1, max: 65_536 }))
			.addOption(number("--learning-rate <x>", "step size of Adam", "learningRate", positive(10)))
			.addOption(number("--decay <x>", "factor on the learning rate per epoch", "decay", positive(1)))
			.addOption(number("--epochs <n>", "passes over the pairs", "epochs", { min: 1 }))
			.addOption(number("--patience <n>", "stop after so many epochs without gain", "patience", { min: 1 }))
			.addOption(number("--seed <n>", "seed of everything random", "seed", { min: 0, max: 2 ** 31 - 1 }))
			.addOption(
				number("--beam <n>", "width of the beam when judging; 1 is greedy", "beam", { min: 1, max: 100 }),
			)
			.addOption(number("--samples <n>", "held-out texts to show", "samples", { min: 0, max: 100 }))
			.addOption(backend)
			.allowExcessArguments(false);

	training(program.command("train", { isDefault: false }))
		.description("train a translator, judge it on held-out texts and write a report")
		.option("--out <dir>", "where checkpoint, metrics and report go (default: out/dates or out/<file>)")
		.option("--resume", "go on from the checkpoint in --out")
		.option("--overwrite", "start anew although --out holds a checkpoint")
		.addOption(new Option("--model <kind>", `what translates ${both("model")}`).choices(modelNames))
		.addOption(
			new Option("--attention <kind>", `mechanism of an rnn ${both("attention")}`).choices(attentionNames),
		)
		.action((options: TrainOptions) => actions.train(options));

	training(program.command("compare"))
		.description(
			"train one translator for each mechanism and model, and compare them; goes on where it stopped",
		)
		.requiredOption("--out <dir>", "where the comparison and a folder for each translator go")
		.option("--overwrite", "start anew although --out holds a comparison")
		.addOption(
			new Option("--attention <kinds>", "mechanisms of an rnn, with commas between (default: all)").argParser(
				listParser(attentionNames),
			),
		)
		.addOption(
			new Option(
				"--model <kinds>",
				`models, with commas between (default: ${modelNames.join(",")}, or rnn alone where an option is only for it)`,
			).argParser(listParser(modelNames)),
		)
		.action((options: CompareOptions) => actions.compare(options));

	program
		.command("run")
		.description("translate texts, or the lines of stdin")
		.argument("[text...]", "what to translate")
		.option("--model <dir>", "folder of a training (default: out/dates)")
		.addOption(new Option("--beam <n>", "width of the beam").argParser(numberParser({ min: 1, max: 100 })))
		.option("--no-alignment", "print the translations alone")
		.option("--json", "print one JSON object per line, with the alignment as numbers")
		.addOption(backend)
		.action((texts: string[], options: RunOptions) => actions.run(texts, options));
	return program;
}

const positive = (max: number): Range => ({ above: 0, max, whole: false });

/** Reads names with commas between them. */
function listParser<Name extends string>(known: readonly Name[]): (text: string) => Name[] {
	return (text) => {
		const names = [...new Set(text.split(",").map((name) => name.trim()))];
		const strange = names.filter((name) => !(known as readonly string[]).includes(name));
		if (strange.length === 0) return names as Name[];
		throw new InvalidArgumentError(
			`Unknown: ${strange.join(", ")}. Allowed choices are ${known.join(", ")}.`,
		);
	};
}
