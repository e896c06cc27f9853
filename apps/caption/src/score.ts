import { bleu } from "@heed/nlp";
import type { Picture } from "./pictures/picture.ts";
import { checkCaption } from "./scenes/check-caption.ts";
import { type ClaimKind, claimKinds, countClaims } from "./scenes/count-claims.ts";
import type { ScenePicture } from "./scenes/scene-pictures.ts";

/** How good captions are. All but `words` are 0 to 100. */
export interface CaptionScore {
	/** Corpus BLEU with n-grams of up to 1, 2, 3 and 4 words, against all captions of each picture. */
	readonly bleu: readonly number[];
	/** Words per caption. */
	readonly words: number;
	/** Shares of the captions, see `CaptionCheck`; only of scenes, about which one can tell. */
	readonly grammatical?: number;
	readonly things?: number;
	readonly true?: number;
	/** Shares of what the captions claim, kind by kind, see `countClaims`; NaN of a kind of which nothing is claimed. */
	readonly claims?: Readonly<Record<ClaimKind, number>>;
}

/** Compares captions with those of the pictures, and with the scenes where they are known. */
export function scoreCaptions(captions: readonly string[], pictures: readonly Picture[]): CaptionScore {
	const references = pictures.map((picture) => [...picture.captions]);
	const orders = [1, 2, 3, 4].map(
		(maxOrder) => bleu(captions, references, { tokenize: "none", maxOrder }).score,
	);
	const lengths = captions.map((caption) => caption.split(" ").filter((word) => word !== "").length);
	const score = { bleu: orders, words: mean(lengths) };
	const about = pictures.flatMap((picture, i) =>
		isScene(picture) ? [{ caption: captions[i] ?? "", scene: picture.scene }] : [],
	);
	if (about.length === 0) return score;
	const checks = about.map(({ caption, scene }) => checkCaption(caption, scene));
	const counts = about.map(({ caption, scene }) => countClaims(caption, scene));
	const share = (of: "grammatical" | "things" | "true"): number =>
		100 * mean(checks.map((check) => (check[of] ? 1 : 0)));
	const claims = claimKinds.map((kind) => {
		const sum = (of: "right" | "all"): number => counts.reduce((all, count) => all + count[kind][of], 0);
		return [kind, (100 * sum("right")) / sum("all")];
	});
	return {
		...score,
		grammatical: share("grammatical"),
		things: share("things"),
		true: share("true"),
		claims: Object.fromEntries(claims) as Record<ClaimKind, number>,
	};
}

/** Whether it is known what the picture shows. */
export function isScene(picture: Picture): picture is ScenePicture {
	return "scene" in picture;
}

function mean(values: readonly number[]): number {
	return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
