import { readText, thin, UserError } from "@heed/command-line";
import { hashSplit } from "@heed/nlp";
import type { Pair, PairSplit } from "./pair.ts";

/** What {@link readPairs} accepts. */
export interface ReadPairsOptions {
	/** Translate from the second column into the first. */
	readonly reverse?: boolean;
	/** Keep at most this many pairs, spread evenly over the file. Default 0: all. */
	readonly limit?: number;
}

/**
 * Reads sentence pairs: one per line, source and target with a tab between them, further columns ignored; UTF-8,
 * compressed when the name ends in `.gz`. Empty lines are passed over, equal pairs kept once.
 *
 * A tenth is held out by a hash of the first column, so that a sentence with several translations is wholly on one
 * side, and both directions hold out the same lines.
 *
 * @throws UserError for a file that cannot be read, is no UTF-8 text, or has a line that is no pair.
 */
export function readPairs(path: string, options: ReadPairsOptions = {}): PairSplit {
	const pairs = thin(parsePairs(readText(path), path), options.limit ?? 0);
	const split = hashSplit(pairs, { key: ({ source }) => source.toLowerCase() });
	if (split.train.length === 0 || split.heldOut.length === 0) {
		throw new UserError(
			`${path}: ${pairs.length} pairs are too few to hold out a tenth. Give at least some dozens of pairs.`,
		);
	}
	if (!options.reverse) return split;
	const turn = ({ source, target }: Pair): Pair => ({ source: target, target: source });
	return { train: split.train.map(turn), heldOut: split.heldOut.map(turn) };
}

function parsePairs(text: string, path: string): Pair[] {
	const pairs = new Map<string, Pair>();
	text.split(/\r?\n/u).forEach((line, index) => {
		if (line.trim() === "") return;
		const [source, target] = line.split("\t").map((column) => column.trim());
		if (!source || !target) {
			const what = line.includes("\t") ? "one side is empty" : "there is no tab";
			throw new UserError(`${path}:${index + 1}: ${what}; expected source<TAB>target.`);
		}
		pairs.set(`${source}\t${target}`, { source, target });
	});
	if (pairs.size === 0)
		throw new UserError(`${path}: the file is empty; expected lines of source<TAB>target.`);
	return [...pairs.values()];
}
