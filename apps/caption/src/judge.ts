import { type Caption, captionPictures, type SearchOptions } from "./caption-pictures.ts";
import type { Captioner } from "./model/captioner.ts";
import type { Picture } from "./pictures/picture.ts";
import { type CaptionScore, isScene, scoreCaptions } from "./score.ts";
import type { Settings } from "./settings.ts";
import type { TaskData } from "./task-data.ts";

/** A row of the table of scores. */
export interface ScoreRow {
	/** Which pictures. */
	readonly set: string;
	/** Where the captions come from. */
	readonly captions: string;
	readonly score: CaptionScore;
}

/** A picture with what the model says of it. */
export interface Sample {
	readonly picture: Picture;
	readonly caption: Caption;
}

/** What {@link judge} finds. */
export interface Verdict {
	readonly rows: readonly ScoreRow[];
	/** That of the first held-out set, by beam search. */
	readonly score: CaptionScore;
	readonly samples: readonly Sample[];
}

/**
 * Describes the held-out pictures, word by word and by beam search, and compares. Of scenes there are two more rows: what
 * another true caption of the same scene scores, and what a true caption of another scene does.
 */
export async function judge(
	model: Captioner,
	{ vocabulary, heldOut }: TaskData,
	{ model: { maxLength }, run: { beam, samples } }: Settings,
): Promise<Verdict> {
	const rows: ScoreRow[] = [];
	const shown: Sample[] = [];
	for (const { name, pictures } of heldOut) {
		const say = (options: SearchOptions): Promise<Caption[]> =>
			captionPictures(model, vocabulary, pictures, options);
		const add = (captions: string, texts: readonly string[]): void => {
			rows.push({ set: name, captions, score: scoreCaptions(texts, pictures) });
		};
		for (const width of new Set([beam, 1])) {
			const found = await say({ beam: width, maxLength });
			add(width === 1 ? "greedy" : `beam of ${width}`, found.map(textOf));
			if (width !== beam) continue;
			const share = Math.ceil(samples / heldOut.length);
			const wanted = Math.min(share, samples - shown.length);
			shown.push(
				...found.slice(0, wanted).map((caption, i) => ({ caption, picture: pictures[i] as Picture })),
			);
		}
		const scenes = pictures.filter(isScene);
		if (scenes.length < pictures.length || scenes.length === 0) continue;
		const others = scenes.map(({ another }) => another);
		add("another true caption", others);
		add("the caption of another scene", [...others.slice(1), others[0] ?? ""]);
	}
	return { rows, score: (rows[0] as ScoreRow).score, samples: shown };
}

/** The caption as a sentence. */
export function textOf({ words }: Caption): string {
	return words.join(" ");
}

/** Scores in one line: the first to be read. */
export function scoreText(score: CaptionScore): string {
	const bleu4 = `BLEU-4 ${(score.bleu[3] ?? 0).toFixed(1)}`;
	return score.true === undefined ? bleu4 : `${score.true.toFixed(1)} % of captions true, ${bleu4}`;
}
