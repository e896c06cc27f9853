import { readFileSync } from "node:fs";
import { HeedError } from "@heed/core";
import { CommanderError } from "commander";
import { createProgram } from "./options.ts";
import { runCommand } from "./run-command.ts";
import { trainCommand } from "./train-command.ts";
import { InterruptedError, UserError } from "./user-error.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
	version: string;
};

/**
 * Runs the program.
 *
 * @param args What stands behind its name.
 * @returns The exit code: 0 done, 2 bad input, 130 interrupted, 1 a bug.
 */
export async function cli(args: readonly string[]): Promise<number> {
	try {
		await createProgram(version, { train: trainCommand, run: runCommand }).parseAsync(args, { from: "user" });
		return 0;
	} catch (error) {
		return report(error);
	}
}

/** Says on stderr what went wrong, in one line where the user can put it right. */
function report(error: unknown): number {
	if (error instanceof CommanderError) {
		if (error.exitCode === 0) return 0; // --help and --version
		if (error.code === "commander.help") return refuse("say `train` or `run`; --help tells more.");
		return refuse(error.message.replace(/^error: /, ""));
	}
	if (error instanceof UserError) return refuse(error.message);
	if (error instanceof InterruptedError) {
		console.error(`genre: ${error.message}`);
		return 130;
	}
	const { syscall, message } = error as NodeJS.ErrnoException;
	if (HeedError.isInstance(error) || syscall !== undefined) return refuse(message); // the data, or the disk
	console.error(error);
	return 1;
}

function refuse(message: string): number {
	console.error(`genre: ${message.replaceAll("\n", " ")}`);
	return 2;
}
