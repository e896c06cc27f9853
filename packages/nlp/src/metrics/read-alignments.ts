import { checkNumber, checkOptions, HeedError } from "@heed/core";
import { checkText } from "../ops/check-given.ts";

/** A source word and the target word that it is aligned with, both counted from 0. */
export type AlignmentLink = readonly [source: number, target: number];

/** The links of each sentence. */
export interface Alignments {
	/** Links that are beyond doubt, `s-t`. */
	readonly sure: readonly (readonly AlignmentLink[])[];
	/** Links that may be right: the sure ones, and those that are written `spt`. */
	readonly possible: readonly (readonly AlignmentLink[])[];
}

/** What {@link readAlignments} accepts. */
export interface ReadAlignmentsOptions {
	/** The number of the first word in the text: 1 in many gold alignments, 0 (default) in what systems write. */
	readonly countFrom?: 0 | 1 | undefined;
}

/**
 * Reads word alignments in the form of Pharaoh, a sentence per line: `0-0 1-2 3p1`, source before target. `-` is a sure
 * link, `p` a possible one. An empty line is a sentence without links; the end of the last line starts no other.
 *
 * @throws HeedError `VALUE` for what is no link, and for a number below the first; `OPTION`.
 */
export function readAlignments(text: string, options: ReadAlignmentsOptions = {}): Alignments {
	const where = "readAlignments";
	checkOptions(where, options, ["countFrom"]);
	const { countFrom = 0 } = options;
	checkNumber(where, "countFrom", countFrom, { integer: true, min: 0, max: 1 });
	checkText(where, "text", text);
	const lines = text.split(/\r?\n/);
	if (lines.at(-1) === "") lines.pop();
	const sure: AlignmentLink[][] = [];
	const possible: AlignmentLink[][] = [];
	lines.forEach((line, sentence) => {
		const words = line.split(/\s+/).filter((word) => word !== "");
		const links = words.map((word) => readLink(word, sentence + 1, countFrom));
		sure.push(links.filter(({ isSure }) => isSure).map(({ link }) => link));
		possible.push(links.map(({ link }) => link));
	});
	return { sure, possible };
}

function readLink(
	word: string,
	line: number,
	countFrom: number,
): { readonly link: AlignmentLink; readonly isSure: boolean } {
	const [, source, mark, target] = /^(\d+)([-p])(\d+)$/.exec(word) ?? [];
	const link = [Number(source) - countFrom, Number(target) - countFrom] as const;
	if (link.every((index) => index >= 0)) return { link, isSure: mark === "-" };
	const message = `line ${line} has ${JSON.stringify(word)}; expected links such as 3-1 or 3p1, counted from ${countFrom}.`;
	throw new HeedError("VALUE", "readAlignments", message);
}
