import { hashText, type Vocabulary } from "@heed/nlp";
import { type FontFace, heldOutFamilies, readFaces } from "./fonts/font-faces.ts";
import { type Reading, readPictures } from "./model/read-pictures.ts";
import { type DrawnWord, drawEach } from "./model/word-batches.ts";
import type { WordReader } from "./model/word-reader.ts";
import { type Score, scoreWords } from "./score.ts";
import type { RunSettings } from "./settings.ts";

/** Seeds of the pictures that are judged by: the same ones for every training. */
const seeds = { seen: 1001, fresh: 1002 };

/** A word that was drawn and read. */
export interface Judged extends DrawnWord, Reading {}

/** How well one kind of pictures was read. */
export interface KindOfPictures {
	/** What kind: `new words, fonts that were learned from`. */
	readonly name: string;
	readonly score: Score;
	readonly faces: ReadonlyMap<string, Score>;
	readonly samples: readonly Judged[];
	/** Words that were read wrongly, the first ones. */
	readonly mistakes: readonly Judged[];
}

/** How many mistakes of a kind are kept. */
const mistakesShown = 12;

/** Draws the held-out words in the faces that were learned from, and in those that were not, and reads them. */
export async function judge(
	model: WordReader,
	letters: Vocabulary,
	words: readonly string[],
	learned: readonly FontFace[],
	{ samples, heldOut }: RunSettings,
): Promise<KindOfPictures[]> {
	const shuffled = [...words].sort((a, b) => hashText(a) - hashText(b) || (a < b ? -1 : 1));
	const kinds = [
		["new words, known fonts", learned, seeds.seen],
		["new words, new fonts", readFaces(heldOutFamilies), seeds.fresh],
	] as const;
	const verdict: KindOfPictures[] = [];
	for (const [name, faces, seed] of kinds) {
		const drawn = drawEach(some(shuffled, heldOut), faces, seed);
		const readings = await readPictures(
			model,
			letters,
			drawn.map(({ picture }) => picture),
		);
		const judged = drawn.map((own, i) => ({ ...own, ...(readings[i] as Reading) }));
		const scoreOf = (some: readonly Judged[]): Score =>
			scoreWords(
				some.map(({ text }) => text),
				some.map(({ word }) => word),
			);
		verdict.push({
			name,
			score: scoreOf(judged),
			faces: new Map(
				faces.map((face) => [face.name, scoreOf(judged.filter((one) => one.face === face.name))]),
			),
			samples: judged.slice(0, samples),
			mistakes: judged.filter(({ text, word }) => text !== word).slice(0, mistakesShown),
		});
	}
	return verdict;
}

/** The first words, at most so many; 0 takes all. */
export function some(words: readonly string[], limit: number): readonly string[] {
	return limit === 0 ? words : words.slice(0, limit);
}
