import { packageVersion, runProgram } from "@heed/command-line";
import { type BenchParts, benchCommand } from "./bench-command.ts";
import { createProgram } from "./options.ts";

/**
 * Runs the program.
 *
 * @param args What stands behind its name.
 * @returns The exit code: 0 done, 1 a wrong result or a bug, 2 bad input, 130 interrupted.
 */
export async function cli(args: readonly string[], parts: BenchParts = {}): Promise<number> {
	const program = createProgram(packageVersion(import.meta.url), (options) => benchCommand(options, parts));
	return runProgram(program, args);
}
