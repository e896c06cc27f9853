import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { rounded, UserError } from "@heed/command-line";
import { writeFileAtomically } from "@heed/io/node";
import type { AlignmentScore } from "@heed/nlp";
import { renderComparison } from "./comparison-report.ts";
import type { Score } from "./score.ts";
import { type ModelSettings, type Settings, settingsOf } from "./settings.ts";
import type { Outcome } from "./train-translator.ts";
import type { Translation } from "./translation.ts";

/** One translator of a comparison. */
export interface Entry {
	readonly name: string;
	readonly settings: Settings;
	/** False while it waits to go on. */
	readonly finished: boolean;
	/** Of all runs, by the clock, judging included. */
	readonly minutes: number;
	/** Of all runs, how long the processor worked; not of those of before it was measured. */
	readonly processorMinutes?: number;
	readonly weights: number;
	/** Pairs to learn from, to decide when to stop, and held out. */
	readonly pairs: readonly [train: number, validation: number, heldOut: number];
	readonly epochs: number;
	readonly bestEpoch: number;
	readonly score?: Score;
	readonly chrf?: Score;
	readonly alignment?: AlignmentScore;
	/** A held-out text, the same for all, with its alignment. */
	readonly sample?: Omit<Translation, "weights"> & { readonly weights: readonly number[] };
}

/** The translators that were compared, in the order in which they were trained. */
export interface Comparison {
	readonly task: ModelSettings["task"];
	readonly entries: readonly Entry[];
}

/** Where a comparison is written. */
export interface ComparisonFiles {
	readonly folder: string;
	readonly data: string;
	readonly report: string;
}

const format = "heed.translate.comparison/1";

/** The files of a comparison in its folder. */
export function comparisonFiles(folder: string): ComparisonFiles {
	return { folder, data: join(folder, "comparison.json"), report: join(folder, "comparison.html") };
}

/**
 * What is told of a training, finished or not.
 *
 * @param before What was told when it was stopped, if it was.
 */
export function entryOf(name: string, outcome: Outcome, before: Entry | undefined): Entry {
	const { verdict, settings, weights, pairs, epochs, bestEpoch } = outcome;
	const { minutes, processorMinutes } = before ?? { minutes: 0, processorMinutes: 0 };
	const { score, chrf, alignment, samples: [sample] = [] } = verdict ?? {};
	return {
		...{ name, settings, finished: verdict !== undefined, weights, pairs, epochs, bestEpoch },
		minutes: minutes + outcome.minutes,
		...(processorMinutes !== undefined && { processorMinutes: processorMinutes + outcome.processorMinutes }),
		...(score && { score }),
		...(chrf && { chrf }),
		...(alignment && { alignment }),
		...(sample && { sample: { ...sample, weights: Array.from(sample.weights, rounded) } }),
	};
}

/** Writes the numbers and the page; what was there stays whole until the new one is. */
export async function writeComparison(
	{ data, report }: ComparisonFiles,
	comparison: Comparison,
): Promise<void> {
	await writeFileAtomically(data, `${JSON.stringify({ format, ...comparison }, null, "\t")}\n`);
	await writeFileAtomically(report, renderComparison(comparison));
}

/**
 * Reads a comparison that was stopped.
 *
 * @returns `undefined` if there is none.
 * @throws UserError for a file of something else.
 */
export async function readComparison({ data }: ComparisonFiles): Promise<Comparison | undefined> {
	let text: string;
	try {
		text = await readFile(data, "utf8");
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		if (code === "ENOENT" || code === "ENOTDIR") return undefined;
		throw new UserError(`${data} cannot be read: ${message}`, { cause: error });
	}
	try {
		const { format: found, ...comparison } = JSON.parse(text) as Comparison & { readonly format?: unknown };
		if (found === format && Array.isArray(comparison.entries)) {
			return { ...comparison, entries: comparison.entries.map(readEntry) };
		}
	} catch {
		// No JSON, or settings of another program: said below.
	}
	throw new UserError(`${data} is no comparison of this program. Choose another --out, or give --overwrite.`);
}

/** With what there was no choice of when it was written. */
function readEntry(entry: Entry): Entry {
	return { ...entry, settings: { ...entry.settings, model: settingsOf(entry.settings.model) } };
}
