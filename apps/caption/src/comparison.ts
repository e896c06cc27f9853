import { existsSync } from "node:fs";
import { readJson, UserError } from "@heed/command-line";
import { writeFileAtomically } from "@heed/io/node";
import type { ScoreRow } from "./judge.ts";
import { type ComparedName, comparedNames, type Settings } from "./settings.ts";

/** A finished training of a comparison. */
export interface Compared {
	readonly name: ComparedName;
	readonly settings: Settings;
	readonly weights: number;
	/** Of the processor, without the runs that were stopped. */
	readonly minutes: number;
	readonly rows: readonly ScoreRow[];
}

/**
 * The trainings of a comparison that are finished, if there is one.
 *
 * @throws UserError for a file that is not one of this program's.
 */
export function readComparison(file: string): Compared[] {
	if (!existsSync(file)) return [];
	const read = readJson(file) as { readonly finished?: unknown };
	const isOne = (one: Partial<Compared>): boolean =>
		comparedNames.some((name) => name === one.name) && Array.isArray(one.rows) && one.settings !== undefined;
	if (Array.isArray(read?.finished) && read.finished.every(isOne)) return read.finished as Compared[];
	throw new UserError(`${file} is no comparison of this program. Choose another --out.`);
}

/** Keeps them. What is not a number is kept as null. */
export async function writeComparison(file: string, finished: readonly Compared[]): Promise<void> {
	await writeFileAtomically(file, JSON.stringify({ finished }, undefined, "\t"));
}
