import {
	addCourseOptions,
	type BackendName,
	backendOption,
	baseProgram,
	numberParser,
	type Range,
	SettingOptions,
	unitInterval,
} from "@heed/command-line";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type AttentionName, attentionNames, libraryName } from "./mechanisms.ts";
import type { GoldFiles } from "./read-gold.ts";
import {
	defaultsOf,
	encoderCellNames,
	type GivenSettings,
	type ModelName,
	type ModelSettings,
	modelNames,
	type RunSettings,
	rewardNames,
} from "./settings.ts";

/** What both kinds of training are told. What was not given is absent; the defaults depend on the task. */
interface CommonOptions extends GivenSettings, Omit<GoldFiles, "reverse"> {
	readonly data?: string;
	readonly overwrite?: true;
	readonly backend: BackendName;
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
	readonly backend: BackendName;
}

/** The options of `translate make-pairs`. */
export interface MakePairsOptions {
	readonly overwrite?: true;
}

/** What the program does once its arguments are read. */
export interface Actions {
	train(options: TrainOptions): Promise<void>;
	compare(options: CompareOptions): Promise<void>;
	run(texts: readonly string[], options: RunOptions): Promise<void>;
	makePairs(path: string, options: MakePairsOptions): Promise<void>;
}

type SettingName = keyof ModelSettings | keyof RunSettings;

/**
 * The command line. Errors of usage are thrown as commander's `CommanderError` instead of ending the process.
 *
 * @param version Printed by `--version`.
 */
export function createProgram(version: string, actions: Actions): Command {
	const program = baseProgram(
		"translate",
		"Trains and runs a translator with attention: dates by default, or your own sentence pairs.",
		version,
	);
	const settings = new SettingOptions<SettingName>({
		"": defaultsOf("dates"),
		"with --data": defaultsOf("pairs"),
	});
	const { number, choice } = settings;
	const size: Range = { min: 1, max: 4096 };

	/** What `train` and `compare` have in common. */
	const training = (command: Command): Command => {
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
			.addOption(
				number("--noise <deviation>", "noise of monotonic attention in training", "noise", {
					min: 0,
					max: 100,
					whole: false,
				}),
			)
			.addOption(
				choice("--reward <kind>", "what a draw of hard attention is rewarded with", "reward", rewardNames),
			)
			.addOption(choice("--cell <kind>", "recurrent cell", "cell", ["gru", "lstm"]))
			.addOption(
				choice("--encoder-cell <kind>", "that of the encoder, if another", "encoderCell", encoderCellNames),
			)
			.addOption(
				number("--encoder-layers <n>", "recurrent layers of the encoder", "encoderLayers", {
					min: 1,
					max: 16,
				}),
			)
			.option(
				"--self-attention",
				"let the positions of the source look at each other after each layer of the encoder",
			)
			.option(
				"--input-feeding",
				"feed what was attended to into the next step; for mechanisms behind the cell",
			)
			.option("--copy", "let the model copy words of the source, also those that it does not know")
			.addOption(number("--units <n>", "size of the states", "units", size))
			.addOption(number("--embedding <n>", "size of the token vectors", "embedding", size))
			.addOption(number("--dropout <rate>", "share of features dropped in training", "dropout", unitInterval))
			.addOption(number("--min-count <n>", "rarer words become unknown", "minCount", { min: 1 }))
			.addOption(number("--max-length <n>", "longest text in tokens", "maxLength", { min: 1, max: 10_000 }))
			.addOption(
				number("--beam <n>", "width of the beam when judging; 1 is greedy", "beam", { min: 1, max: 100 }),
			);
		return addCourseOptions(command, settings, "pairs", "held-out texts to show")
			.addHelpText("after", `\nMechanisms of --attention, as @heed/nlp names them:\n${mechanismLines}`)
			.allowExcessArguments(false);
	};

	training(program.command("train", { isDefault: false }))
		.description("train a translator, judge it on held-out texts and write a report")
		.option("--out <dir>", "where checkpoint, metrics and report go (default: out/dates or out/<file>)")
		.option("--resume", "go on from the checkpoint in --out")
		.option("--overwrite", "start anew although --out holds a checkpoint")
		.addOption(choice("--model <kind>", "what translates", "model", modelNames))
		.addOption(choice("--attention <kind>", "mechanism of an rnn", "attention", attentionNames))
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
		.addOption(backendOption())
		.action((texts: string[], options: RunOptions) => actions.run(texts, options));

	program
		.command("make-pairs")
		.description(
			"write pairs to learn simplification from: sentences of the Brown corpus, and what a rule leaves of them",
		)
		.argument("<file>", "where to")
		.option("--overwrite", "replace the file")
		.allowExcessArguments(false)
		.action((path: string, options: MakePairsOptions) => actions.makePairs(path, options));
	return program;
}

/** What the mechanisms are in the library, a line each. */
const mechanismLines = attentionNames
	.map(
		(name) =>
			`  ${name.padEnd(Math.max(...attentionNames.map(({ length }) => length)))}  ${libraryName(name)}`,
	)
	.join("\n");

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
