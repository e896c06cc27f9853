#!/usr/bin/env node
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

// A closed pipe is reported where the writing fails; nobody can be told that nobody listens.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

try {
	await createProgram(version, { train: trainCommand, run: runCommand }).parseAsync();
} catch (error) {
	process.exitCode = report(error);
}

/** Says on stderr what went wrong. @returns The exit code. */
function report(error: unknown): number {
	if (error instanceof CommanderError) {
		if (error.exitCode === 0) return 0; // --help and --version
		console.error(`translate: ${error.message.replace(/^error: /, "").replaceAll("\n", " ")}`);
		return 2;
	}
	if (error instanceof UserError || error instanceof InterruptedError) {
		console.error(`translate: ${error.message}`);
		return error instanceof UserError ? 2 : 130;
	}
	const { syscall, message } = error as NodeJS.ErrnoException;
	if (HeedError.isInstance(error) || syscall !== undefined) {
		console.error(`translate: ${message}`); // what the data, the disk or the options made impossible
		return 2;
	}
	console.error(error);
	return 1;
}
