import { HeedError } from "@heed/core";
import { type Command, CommanderError } from "commander";
import { ExpectedError } from "./errors.ts";
import { beginProgram, endOnInterrupt } from "./interruption.ts";

/**
 * Runs a program, and says on stderr what went wrong, in one line where the user can put it right.
 *
 * @param args What stands behind its name.
 * @returns The exit code: 0 done, 2 bad input, 130 interrupted, 1 a bug, or that of an {@link ExpectedError}.
 */
export async function runProgram(program: Command, args: readonly string[]): Promise<number> {
	const say = (exitCode: number, message: string): number => {
		console.error(`${program.name()}: ${message.replaceAll("\n", " ")}`);
		return exitCode;
	};
	beginProgram(program.name());
	try {
		// Package managers hand on the -- that sets a script's arguments apart.
		await program.parseAsync(args[0] === "--" ? args.slice(1) : args, { from: "user" });
		return 0;
	} catch (error) {
		if (error instanceof CommanderError) {
			if (error.exitCode === 0) return 0; // --help and --version
			if (error.code === "commander.help") return say(2, `say ${commandsOf(program)}; --help tells more.`);
			return say(2, error.message.replace(/^error: /, ""));
		}
		if (error instanceof ExpectedError) return say(error.exitCode, error.message);
		const { syscall, message } = error as NodeJS.ErrnoException;
		if (HeedError.isInstance(error) || syscall !== undefined) return say(2, message); // the data, or the disk
		console.error(error);
		return 1;
	}
}

/** Runs the program of this process with its arguments, and leaves its exit code; Ctrl-C ends it with 130 and a line. */
export async function runMain(cli: (args: readonly string[]) => Promise<number>): Promise<void> {
	// A closed pipe is reported where the writing fails; on stderr nobody is left to be told.
	for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
	endOnInterrupt();
	process.exitCode = await cli(process.argv.slice(2));
}

/** `train`, `compare` or `run`, in the order of the help. */
function commandsOf({ commands }: Command): string {
	const names = commands.map((command) => `\`${command.name()}\``);
	return [names.slice(0, -1).join(", "), ...names.slice(-1)].filter((part) => part !== "").join(" or ");
}
