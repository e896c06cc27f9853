import { type Command, Option } from "commander";
import type { AllSettings } from "../settings/settings.ts";
import { numberParser, positive, type Range } from "./number-parser.ts";

/** What computes. */
export type BackendName = "wasm" | "cpu";

/** `--backend`. */
export function backendOption(): Option {
	return new Option("--backend <name>", "what computes").choices(["wasm", "cpu"]).default("wasm");
}

/** Makes options whose help tells the default of a setting; the value itself is filled in later, when the task is known. */
export class SettingOptions<Name extends string> {
	readonly #tasks: readonly (readonly [when: string, values: Readonly<Record<string, unknown>>])[];

	/**
	 * @param tasks The defaults of each task, the first one that of no option at all, each further one with when it holds:
	 * `{ "": brown, "with --data": words, "for spans": spans }`.
	 */
	constructor(tasks: Readonly<Record<string, AllSettings<object, object>>>) {
		this.#tasks = Object.entries(tasks).map(([when, { model, run }]) => [when, { ...model, ...run }]);
	}

	/** `(default 3, with --data 2)`, or `(default 3)` where all tasks have the same. */
	readonly defaultOf = (name: Name): string => {
		const all = this.#tasks.map(([when, values]) => [when, word(values[name])] as const);
		const differ = new Set(all.map(([, value]) => value)).size > 1;
		const shown = (differ ? all : all.slice(0, 1)).map(([when, value]) => `${when} ${value}`.trim());
		return `(default ${shown.join(", ")})`;
	};

	/** An option that takes a number. */
	readonly number = (flag: string, what: string, name: Name, range: Range): Option =>
		new Option(flag, `${what} ${this.defaultOf(name)}`).argParser(numberParser(range));

	/** An option that takes one of some words. */
	readonly choice = (flag: string, what: string, name: Name, choices: readonly string[]): Option =>
		new Option(flag, `${what} ${this.defaultOf(name)}`).choices(choices);
}

/** The settings that say how a model learns: of every app. */
export type CourseSetting =
	| "batchSize"
	| "learningRate"
	| "decay"
	| "epochs"
	| "patience"
	| "seed"
	| "samples";

/**
 * Adds the options that say how a model learns, and `--backend`.
 *
 * @param of What there is many of: `sentences`.
 * @param samples What is shown in the end.
 */
export function addCourseOptions(
	command: Command,
	{ number }: SettingOptions<CourseSetting>,
	of: string,
	samples: string = `held-out ${of} to show`,
): Command {
	return command
		.addOption(number("--batch-size <n>", `${of} per step`, "batchSize", { min: 1, max: 65_536 }))
		.addOption(number("--learning-rate <x>", "step size of Adam", "learningRate", positive(10)))
		.addOption(number("--decay <x>", "factor on the learning rate per epoch", "decay", positive(1)))
		.addOption(number("--epochs <n>", `passes over the ${of}`, "epochs", { min: 1 }))
		.addOption(number("--patience <n>", "stop after so many epochs without gain", "patience", { min: 1 }))
		.addOption(number("--seed <n>", "seed of everything random", "seed", { min: 0, max: 2 ** 31 - 1 }))
		.addOption(number("--samples <n>", samples, "samples", { min: 0, max: 100 }))
		.addOption(backendOption());
}

function word(value: unknown): string {
	return value === true ? "on" : value === false ? "off" : String(value);
}
