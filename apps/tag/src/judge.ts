import type { Tagger } from "@heed/nlp";
import { frequentTags } from "./frequent-tags.ts";
import { type Confusion, confusions, type Score, scoreTags } from "./score.ts";
import type { Settings } from "./settings.ts";
import { tagSentences } from "./tag-sentences.ts";
import type { Tagging } from "./tagging.ts";
import type { TaskData } from "./task-data.ts";

/** How many rows the report's table of mistakes has, at most. */
const tableRows = 20;
/** Samples are not longer than this, in words: a picture has a row and a column for each. */
const sampleLength = 16;

/** What {@link judge} finds. */
export interface Verdict {
	readonly score: Score;
	/** What the model has to be better than: see {@link frequentTags}. */
	readonly wordsAlone: Score;
	/** Held-out sentences, with where their words looked if the model has self-attention. */
	readonly samples: readonly Tagging[];
	readonly mistakes: readonly Confusion[];
}

/** Tags the held-out sentences and compares: with what is right, and with what the words alone tell. */
export async function judge(
	model: Tagger,
	{ codec, trainSentences, heldOut }: TaskData,
	{ model: { task }, run: { samples } }: Settings,
): Promise<Verdict> {
	const taggings = await tagSentences(
		model,
		codec,
		heldOut.map(({ words }) => words),
	);
	const predicted = taggings.map(({ tags }) => tags);
	const readable = heldOut.filter(
		({ words, tags }) => words.length > 4 && words.length <= sampleLength && tags.some((tag) => tag !== "O"),
	);
	const shown = spread(readable, samples).map(({ words }) => words);
	return {
		score: scoreTags(task, predicted, heldOut),
		wordsAlone: scoreTags(task, frequentTags(task, trainSentences, heldOut), heldOut),
		samples: await tagSentences(model, codec, shown, { look: true }),
		mistakes: confusions(predicted, heldOut, tableRows),
	};
}

/** So many items, evenly chosen: files are often sorted by source. */
function spread<Item>(items: readonly Item[], wanted: number): Item[] {
	const count = Math.min(wanted, items.length);
	return Array.from(
		{ length: count },
		(_, i) => items[Math.floor(((i + 0.5) * items.length) / count)],
	).filter((item) => item !== undefined);
}
