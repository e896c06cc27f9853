import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@heed/io/node";
import type { Codec } from "./codec.ts";
import type { Verdict } from "./judge.ts";
import type { Settings } from "./settings.ts";

/** What a training came to: in the file `result.json` of its folder. */
export interface Outcome extends Verdict {
	readonly settings: Settings;
	readonly codec: Codec;
	/** Numbers that were trained. */
	readonly weights: number;
	/** Of how many pictures. */
	readonly train: number;
	readonly test: number;
	readonly epochs: number;
	/** The epoch whose weights the model has. */
	readonly best: number;
	/** How long the processor worked, in the run that ended the training. */
	readonly seconds: number;
}

/** The share of the held-out pictures that was recognised, 0 to 1. */
export function accuracyOf({ correct, test }: Outcome): number {
	return correct / test;
}

/** Writes what a training came to; the old file stays whole until the new one is. */
export async function writeOutcome(folder: string, outcome: Outcome): Promise<void> {
	await writeFileAtomically(fileOf(folder), `${JSON.stringify(outcome)}\n`);
}

/** Removes what the training of a folder came to. */
export async function clearOutcome(folder: string): Promise<void> {
	await rm(fileOf(folder), { force: true });
}

/** What the training of a folder came to, if it has ended. */
export function readOutcome(folder: string): Outcome | undefined {
	try {
		const json = JSON.parse(readFileSync(fileOf(folder), "utf8")) as Partial<Outcome>;
		return Array.isArray(json.predicted) && json.settings !== undefined ? (json as Outcome) : undefined;
	} catch {
		return undefined; // it has not ended, or is to be made anew
	}
}

function fileOf(folder: string): string {
	return join(folder, "result.json");
}
