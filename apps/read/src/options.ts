import { Command, InvalidArgumentError, Option } from "commander";
import { defaultsOf, type GivenSettings, type ModelSettings, readerKinds } from "./settings.ts";

/** The options of `read train`. What was not given is absent; the defaults depend on the task. */
export interface TrainOptions extends GivenSettings {
	readonly data?: string;
	readonly out?: string;
	readonly resume?: true;
	readonly overwrite?: true;
	readonly backend: "wasm" | "cpu";
}

/** The options of `read run`. */
export interface RunOptions {
	readonly model?: string;
	readonly attention: boolean;
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
	const program = new Command("read")
		.description(
			"Trains a reader with attention and asks it questions: about made-up stories, or your own texts.",
		)
		.version(version, "-V, --version", "print the version")
		.helpOption("-h, --help", "print this help")
		.addHelpText("after", "\nExit codes: 0 done, 2 bad input, 130 interrupted (the checkpoint is written).")
		.exitOverride()
		.configureOutput({ writeErr: () => {} });
	const both = (name: keyof ModelSettings | "epochs" | "patience" | "samples"): string => {
		const [stories, file] = (["stories", "file"] as const).map((task) => {
			const { model, run } = defaultsOf(task);
			return { ...model, ...run }[name];
		});
		return stories === file ? `(default ${stories})` : `(default ${stories}, with --data ${file})`;
	};
	const number = (flag: string, what: string, name: Parameters<typeof both>[0], range: Range): Option =>
		new Option(flag, `${what} ${both(name)}`).argParser(numberParser(range));
	const backend = new Option("--backend <name>", "what computes").choices(["wasm", "cpu"]).default("wasm");
	const positive: Range = { above: 0, max: 1, whole: false };

	program
		.command("train", { isDefault: false })
		.description("train a reader, judge it on held-out questions and write a report")
		.option("--data <file>", "questions as in the Children's Book Test; .gz too (default: made-up stories)")
		.addOption(
			number("--limit <n>", "number of questions, at most; 0 takes all of a file", "limit", { min: 0 }),
		)
		.option("--out <dir>", "where checkpoint, metrics and report go (default: out/stories or out/<file>)")
		.option("--resume", "go on from the checkpoint in --out")
		.option("--overwrite", "start anew although --out holds a checkpoint")
		.addOption(new Option("--model <kind>", `the reader ${both("reader")}`).choices(readerKinds))
		.addOption(number("--units <n>", "size of the recurrent states", "units", { min: 1, max: 4096 }))
		.addOption(number("--embedding <n>", "size of the word vectors", "embedding", { min: 1, max: 4096 }))
		.addOption(number("--dropout <rate>", "share of features dropped in training", "dropout", unitInterval))
		.addOption(number("--min-count <n>", "rarer words become unknown", "minCount", { min: 1 }))
		.addOption(number("--max-length <n>", "longest story in words", "maxLength", { min: 1, max: 100_000 }))
		.addOption(number("--batch-size <n>", "questions per step", "batchSize", { min: 1, max: 65_536 }))
		.addOption(number("--learning-rate <x>", "step size of Adam", "learningRate", { ...positive, max: 10 }))
		.addOption(number("--decay <x>", "factor on the learning rate per epoch", "decay", positive))
		.addOption(number("--epochs <n>", "passes over the questions", "epochs", { min: 1 }))
		.addOption(number("--patience <n>", "stop after so many epochs without gain", "patience", { min: 1 }))
		.addOption(number("--seed <n>", "seed of everything random", "seed", { min: 0, max: 2 ** 31 - 1 }))
		.addOption(number("--samples <n>", "held-out questions to show", "samples", { min: 0, max: 100 }))
		.addOption(backend)
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
