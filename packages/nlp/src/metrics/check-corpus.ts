import { HeedError } from "@heed/core";
import { checkList } from "../ops/check-given.ts";

/** For each hypothesis one reference, or several. */
export type ReferenceTexts = readonly (string | readonly string[])[];

/** Refuses different numbers of sentences, none, and a sentence without a reference. */
export function checkCorpus(where: string, hypotheses: readonly string[], references: ReferenceTexts): void {
	checkList(where, "hypotheses", hypotheses);
	checkList(where, "references", references);
	const counts = `${hypotheses.length} hypotheses and ${references.length} references`;
	if (hypotheses.length !== references.length || hypotheses.length === 0) {
		throw new HeedError("VALUE", where, `${counts} came; expected as many of each, at least one.`);
	}
	const empty = references.findIndex((reference) => reference.length === 0 && Array.isArray(reference));
	if (empty >= 0) {
		throw new HeedError("VALUE", where, `hypothesis ${empty} has no reference; expected at least one.`);
	}
}

/** How many references each hypothesis has, as sacreBLEU's signature says it. */
export function referenceCount(references: ReferenceTexts): string {
	const counts = new Set(references.map((reference) => [reference].flat().length));
	return counts.size === 1 ? String([...counts][0]) : "var";
}
