import { readFileSync } from "node:fs";
import { Command } from "commander";

/**
 * The command line of an app, without its commands. Errors of usage are thrown as commander's `CommanderError` instead of
 * ending the process, for {@link runProgram} to report.
 *
 * @param name What stands in front of its messages, and behind `pnpm` where it is called: `tag`.
 * @param version Printed by `--version`.
 * @param notes Printed below the help.
 */
export function baseProgram(
	name: string,
	description: string,
	version: string,
	notes = "Exit codes: 0 done, 2 bad input, 130 interrupted (the checkpoint is written).",
): Command {
	return new Command(name)
		.description(description)
		.version(version, "-V, --version", "print the version")
		.helpOption("-h, --help", "print this help")
		.addHelpText("after", `\n${notes}`)
		.exitOverride()
		.configureOutput({ writeErr: () => {} });
}

/**
 * The version of the package of a module in its `src` or `dist`.
 *
 * @param module Its `import.meta.url`.
 */
export function packageVersion(module: string): string {
	const text = readFileSync(new URL("../package.json", module), "utf8");
	return (JSON.parse(text) as { version: string }).version;
}
