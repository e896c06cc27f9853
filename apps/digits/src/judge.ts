import { answerPictures } from "./answer-pictures.ts";
import { type Pictures, slicePictures } from "./data/picture-batches.ts";
import type { Look } from "./look.ts";
import type { Recognizer } from "./networks/recognizer.ts";
import { type Confusion, confusions, type Score, scoreAnswers } from "./score.ts";

/** How many rows the report's table of mistakes has, at most. */
const tableRows = 12;

/** What {@link judge} finds. */
export interface Verdict {
	readonly score: Score;
	/** Held-out pictures, evenly chosen, with where it looked. */
	readonly samples: readonly Look[];
	/** The same of pictures that it got wrong. */
	readonly wrongSamples: readonly Look[];
	readonly mistakes: readonly Confusion[];
}

/** Reads the held-out pictures and compares. */
export async function judge(network: Recognizer, heldOut: Pictures, samples: number): Promise<Verdict> {
	const answers = await answerPictures(network, heldOut);
	const all = [...heldOut.labels.keys()];
	const wrong = all.filter((i) => answers[i]?.digit !== heldOut.labels[i]);
	return {
		score: scoreAnswers(answers, heldOut.labels),
		samples: await looksAt(network, heldOut, spread(all, samples)),
		wrongSamples: await looksAt(network, heldOut, spread(wrong, Math.ceil(samples / 2))),
		mistakes: confusions(answers, heldOut.labels, tableRows),
	};
}

/** Looks at some of the pictures. */
export async function looksAt(
	network: Recognizer,
	pictures: Pictures,
	places: readonly number[],
): Promise<Look[]> {
	const looks: Look[] = [];
	for (const place of places) {
		const picture = slicePictures(pictures, place, 1);
		const [answer] = await answerPictures(network, picture, { look: true });
		if (answer !== undefined) looks.push({ picture, truth: pictures.labels[place], answer });
	}
	return looks;
}

/** So many items, evenly chosen: the pictures may be sorted by digit. */
export function spread<Item>(items: readonly Item[], wanted: number): Item[] {
	const count = Math.min(wanted, items.length);
	return Array.from(
		{ length: count },
		(_, i) => items[Math.floor(((i + 0.5) * items.length) / count)],
	).filter((item) => item !== undefined);
}
