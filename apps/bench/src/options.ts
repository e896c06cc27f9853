import { baseProgram } from "@heed/command-line";
import { type Command, InvalidArgumentError } from "commander";
import { type ContenderId, contenderIds } from "./contenders/contender.ts";
import { defaultFolder } from "./output-folder.ts";

/** The options of `bench`. */
export interface BenchOptions {
	readonly quick?: true;
	readonly only?: readonly string[];
	/** Who takes part beside heed. Default: all. */
	readonly contenders?: readonly ContenderId[];
	readonly out: string;
	readonly profile?: true;
	readonly json?: true;
	readonly list?: true;
}

/**
 * The command line. Errors of usage are thrown as commander's `CommanderError` instead of ending the process.
 *
 * @param version Printed by `--version`.
 */
export function createProgram(version: string, bench: (options: BenchOptions) => Promise<void>): Command {
	return baseProgram(
		"bench",
		"Measures @heed/backend-wasm side by side with its peers: time, memory, and whether all agree.",
		version,
		"Exit codes: 0 done, 1 a result was wrong, 2 bad input, 130 interrupted (what was measured is written).",
	)
		.option("--quick", "about a minute: fewer sizes and runs")
		.option("--only <text>", "workloads with this in their name; may be said several times", collect)
		.option("--contenders <names>", `who takes part beside heed: ${peers.join(", ")}`, parseContenders)
		.option("--out <dir>", "where report.json, report.md and the pictures go", defaultFolder)
		.option("--profile", "also where the time goes, kernel by kernel")
		.option("--json", "print the report as JSON instead of tables")
		.option("--list", "print the names of the workloads and end")
		.allowExcessArguments(false)
		.action(bench);
}

const peers = contenderIds.filter((id) => id !== "heed");

function collect(text: string, before: readonly string[] | undefined): readonly string[] {
	if (text.trim() === "") throw new InvalidArgumentError("Expected a part of a name.");
	return [...(before ?? []), text.trim()];
}

function parseContenders(text: string): readonly ContenderId[] {
	const names = text.split(",").map((name) => name.trim());
	const unknown = names.find((name) => !(contenderIds as readonly string[]).includes(name));
	if (unknown === undefined) return names as ContenderId[]; // each was found among them
	throw new InvalidArgumentError(`'${unknown}' is not one of ${peers.join(", ")}.`);
}
