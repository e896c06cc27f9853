import { packageVersion, runProgram } from "@heed/command-line";
import { compareCommand } from "./compare-command.ts";
import { drawCommand } from "./draw-command.ts";
import { createProgram } from "./options.ts";
import { runCommand } from "./run-command.ts";
import { trainCommand } from "./train-command.ts";

/**
 * Runs the program.
 *
 * @param args What stands behind its name.
 * @returns The exit code: 0 done, 2 bad input, 130 interrupted, 1 a bug.
 */
export async function cli(args: readonly string[]): Promise<number> {
	const program = createProgram(packageVersion(import.meta.url), {
		train: trainCommand,
		compare: compareCommand,
		run: runCommand,
		draw: drawCommand,
	});
	return runProgram(program, args);
}
