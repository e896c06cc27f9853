import { Command, InvalidArgumentError, Option } from "commander";
import { defaultsOf, type GivenSettings, type ModelSettings } from "./settings.ts";

/** The options of `translate train`. What was not given is absent; the defaults depend on the task. */
export interface TrainOptions extends GivenSettings {
	readonly data?: string;
	readonly out?: string;
	readonly resume?: true;
	readonly overwrite?: true;
	readonly backend: "wasm" | "cpu";
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

	program
		.command("train", { isDefault: false })
		.description("train a translator, judge it on held-out texts and write a report")
		.option("--data <file>", "tab-separated pairs, source<TAB>target; .gz too (default: dates to ISO 8601)")
		.option("--reverse", "translate from the second column into the first")
		.addOption(number("--limit <n>", "number of pairs, at most; 0 takes all", "limit", { min: 0 }))
		.option("--out <dir>", "where checkpoint, metrics and report go (default: out/dates or out/<file>)")
		.option("--resume", "go on from the checkpoint in --out")
		.option("--overwrite", "start anew although --out holds a checkpoint")
		.addOption(
			new Option("--attention <kind>", `score function ${both("attention")}`).choices(["bahdanau", "luong"]),
		)
		.addOption(new Option("--cell <kind>", `recurrent cell ${both("cell")}`).choices(["gru", "lstm"]))
		.addOption(number("--units <n>", "size of the recurrent states", "units", { min: 1, max: 4096 }))
		.addOption(number("--embedding <n>", "size of the token vectors", "embedding", { min: 1, max: 4096 }))
		.addOption(number("--dropout <rate>", "share of features dropped in training", "dropout", unitInterval))
		.addOption(number("--min-count <n>", "rarer words become unknown", "minCount", { min: 1 }))
		.addOption(number("--max-length <n>", "longest text in tokens", "maxLength", { min: 1, max: 10_000 }))
		.addOption(number("--batch-size <n>", "pairs per step", "batchSize", { min: 1, max: 65_536 }))
		.addOption(
			number("--learning-rate <x>", "step size of Adam", "learningRate", { above: 0, max: 10, whole: false }),
		)
		.addOption(
			number("--decay <x>", "factor on the learning rate per epoch", "decay", {
				above: 0,
				max: 1,
				whole: false,
			}),
		)
		.addOption(number("--epochs <n>", "passes over the pairs", "epochs", { min: 1 }))
		.addOption(number("--patience <n>", "stop after so many epochs without gain", "patience", { min: 1 }))
		.addOption(number("--seed <n>", "seed of everything random", "seed", { min: 0, max: 2 ** 31 - 1 }))
		.addOption(
			number("--beam <n>", "width of the beam when judging; 1 is greedy", "beam", { min: 1, max: 100 }),
		)
		.addOption(number("--samples <n>", "held-out texts to show", "samples", { min: 0, max: 100 }))
		.addOption(backend)
		.allowExcessArguments(false)
		.action((options: TrainOptions) => actions.train(options));

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

interface Range {
	readonly min?: number;
	readonly above?: number;
	readonly max?: number;
	readonly below?: number;
	/** Whole numbers only. Default true. */
	readonly whole?: boolean;
}

const unitInterval: Range = { min: 0, below: 1, whole: false };

function numberParser({ min, above, max, below, whole = true }: Range): (text: string) => number {
	const bounds = [
		min !== undefined && `at least ${min}`,
		above !== undefined && `greater than ${above}`,
		max !== undefined && `at most ${max}`,
		below !== undefined && `less than ${below}`,
	].filter((bound) => bound !== false);
	return (text) => {
		const value = text.trim() === "" ? Number.NaN : Number(text);
		const fits =
			(whole ? Number.isSafeInteger(value) : Number.isFinite(value)) &&
			value >= (min ?? -Infinity) &&
			value > (above ?? -Infinity) &&
			value <= (max ?? Infinity) &&
			value < (below ?? Infinity);
		if (fits) return value;
		throw new InvalidArgumentError(`Expected a ${whole ? "whole " : ""}number, ${bounds.join(" and ")}.`);
	};
}
