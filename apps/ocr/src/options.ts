import {
	addCourseOptions,
	type BackendName,
	backendOption,
	baseProgram,
	type PageOptions,
	pageOption,
	type Range,
	SettingOptions,
} from "@heed/command-line";
import { type Command, Option } from "commander";
import {
	attentionNames,
	defaults,
	type GivenSettings,
	type ModelSettings,
	type RunSettings,
} from "./settings.ts";

/** The options of `ocr train`. What was not given is absent. */
export interface TrainOptions extends GivenSettings {
	readonly out?: string;
	readonly resume?: true;
	readonly overwrite?: true;
	readonly backend: BackendName;
}

/** The options of `ocr run`. */
export interface RunOptions extends PageOptions {
	readonly model?: string;
	readonly text?: string;
	readonly font: string;
	readonly attention: boolean;
	readonly backend: BackendName;
}

/** The options of `ocr angle` and `ocr read`. */
export interface PictureOptions extends PageOptions {
	readonly backend: BackendName;
}

/** What the program does once its arguments are read. */
export interface Actions {
	train(options: TrainOptions): Promise<void>;
	run(files: readonly string[], options: RunOptions): Promise<void>;
	angle(files: readonly string[], options: PictureOptions): Promise<void>;
	read(files: readonly string[], options: PictureOptions): Promise<void>;
}

/**
 * The command line. Errors of usage are thrown as commander's `CommanderError` instead of ending the process.
 *
 * @param version Printed by `--version`.
 */
export function createProgram(version: string, actions: Actions): Command {
	const program = baseProgram(
		"ocr",
		"Reads words in pictures, and shows where it looked for each letter.",
		version,
	);
	const settings = new SettingOptions<keyof ModelSettings | keyof RunSettings>({ "": defaults });
	const { number, choice } = settings;
	const size: Range = { min: 1, max: 4096 };
	const json = (): Option => new Option("--json", "print one JSON object per picture, with all numbers");

	const train = program
		.command("train", { isDefault: false })
		.description("train on drawn words, judge on new words and new fonts, and write a report")
		.option("--out <dir>", "where checkpoint, metrics and report go (default: out/words)")
		.option("--resume", "go on from the checkpoint in --out")
		.option("--overwrite", "start anew although --out holds a checkpoint")
		.addOption(choice("--attention <kind>", "how the next letter is found", "attention", attentionNames))
		.addOption(
			number("--channels <n>", "features of the first convolution", "channels", { min: 1, max: 512 }),
		)
		.addOption(number("--units <n>", "size of the recurrent states", "units", size))
		.addOption(number("--embedding <n>", "size of a letter's vector", "embedding", size))
		.addOption(number("--pictures <n>", "pictures that are drawn for an epoch", "pictures", { min: 1 }))
		.addOption(
			number("--held-out <n>", "held-out words to judge by, at most; 0 takes all", "heldOut", { min: 0 }),
		);
	addCourseOptions(train, settings, "pictures")
		.allowExcessArguments(false)
		.action((options: TrainOptions) => actions.train(options));

	program
		.command("run")
		.description("read pictures of words, or words that it draws itself")
		.argument("[picture...]", "PNG or JPEG files, one word each")
		.option("--model <dir>", "folder of a training (default: out/words)")
		.option("--text <words>", "draw these words and read them")
		.option("--font <name>", "what to draw them in", "gudea")
		.option("--no-attention", "print the words alone")
		.addOption(pageOption())
		.addOption(json())
		.addOption(backendOption())
		.action((files: string[], options: RunOptions) => actions.run(files, options));

	program
		.command("angle")
		.description("say by PaddleOCR's network which pictures stand on their head; shows its nine gates")
		.argument("<picture...>", "PNG or JPEG files, one line of text each")
		.addOption(pageOption())
		.addOption(json())
		.addOption(backendOption())
		.action((files: string[], options: PictureOptions) => actions.angle(files, options));

	program
		.command("read")
		.description("read lines of text, Chinese or English, by PaddleOCR's network")
		.argument("<picture...>", "PNG or JPEG files, one line of text each")
		.addOption(pageOption())
		.addOption(json())
		.addOption(backendOption())
		.action((files: string[], options: PictureOptions) => actions.read(files, options));
	return program;
}
