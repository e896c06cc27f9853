import { readFileSync } from "node:fs";
import { HeedError } from "@heed/core";
import { CommanderError } from "commander";
import { type BenchParts, benchCommand } from "./bench-command.ts";
import { createProgram } from "./options.ts";
import { InterruptedError, UserError, WrongResultError } from "./user-error.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
	version: string;
};

/**
 * Runs the program.
 *
 * @param args What stands behind its name.
 * @returns The exit code: 0 done, 1 a wrong result or a bug, 2 bad input, 130 interrupted.
 */
export async function cli(args: readonly string[], parts: BenchParts = {}): Promise<number> {
	try {
		const program = createProgram(version, (options) => benchCommand(options, parts));
		await program.parseAsync(args, { from: "user" });
		return 0;
	} catch (error) {
		return report(error);
	}
}

/** Says on stderr what went wrong, in one line where the user can put it right. */
function report(error: unknown): number {
	if (error instanceof CommanderError) {
		if (error.exitCode === 0) return 0; // --help and --version
		return say(2, error.message.replace(/^error: /, ""));
	}
	if (error instanceof UserError) return say(2, error.message);
	if (error instanceof InterruptedError) return say(130, error.message);
	if (error instanceof WrongResultError) return say(1, error.message);
	const { syscall, message } = error as NodeJS.ErrnoException;
	if (HeedError.isInstance(error) || syscall !== undefined) return say(2, message); // the disk
	console.error(error);
	return 1;
}

function say(code: number, message: string): number {
	console.error(`bench: ${message.replaceAll("\n", " ")}`);
	return code;
}
