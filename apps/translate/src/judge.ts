import type { AlignmentScore } from "@heed/nlp";
import { scoreAlignment } from "./alignment-score.ts";
import type { Translator } from "./build-model.ts";
import type { GoldPair } from "./gold.ts";
import type { TrainingSummary } from "./report.ts";
import { bleuScore, chrfScore, exactScore, groupBySource, type Score } from "./score.ts";
import type { Settings } from "./settings.ts";
import type { TaskData } from "./task-data.ts";
import { translate } from "./translate.ts";

/** How many rows the report's table of translations has, at most. */
const tableRows = 24;

/** How good a translator is. */
export interface Verdict extends Pick<TrainingSummary, "score" | "samples" | "mistakes"> {
	/** Of sentences. */
	readonly chrf?: Score;
	/** Of attention, where there are gold alignments. */
	readonly alignment?: AlignmentScore;
}

/**
 * Translates the held-out texts and compares. Dates are right or wrong, and the wrong ones are listed; sentences are
 * judged by BLEU and chrF, and some of them, evenly chosen, are listed.
 *
 * @param gold Pairs with known alignments, to judge the attention by.
 */
export async function judge(
	model: Translator,
	{ codec, heldOut }: TaskData,
	{ model: { task, maxLength, copy }, run: { beam, samples } }: Settings,
	gold: readonly GoldPair[] | undefined,
): Promise<Verdict> {
	const groups = groupBySource(heldOut);
	const sources = task === "dates" ? heldOut : groups;
	const translations = await translate(
		model,
		codec,
		sources.map(({ source }) => source),
		{ beam, maxLength, copy },
	);
	const hypotheses = translations.map(({ target }) => target);
	const compared = translations.map(({ source, target }, i) => ({
		source,
		got: target,
		expected: task === "dates" ? (heldOut[i]?.target ?? "") : (groups[i]?.references.join(" / ") ?? ""),
	}));
	return {
		...(task === "pairs" && { chrf: chrfScore(hypotheses, groups) }),
		...(gold !== undefined && { alignment: scoreAlignment(model, gold) }),
		score: task === "dates" ? exactScore(hypotheses, heldOut) : bleuScore(hypotheses, groups),
		samples: spread(translations, samples),
		mistakes:
			task === "dates"
				? compared.filter(({ got, expected }) => got !== expected).slice(0, tableRows)
				: spread(compared, tableRows),
	};
}

/** So many items, evenly chosen: files are often sorted by length. */
function spread<Item>(items: readonly Item[], wanted: number): Item[] {
	const count = Math.min(wanted, items.length);
	return Array.from(
		{ length: count },
		(_, i) => items[Math.floor(((i + 0.5) * items.length) / count)],
	).filter((item) => item !== undefined);
}
