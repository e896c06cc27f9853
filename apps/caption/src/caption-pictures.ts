import { giveWay } from "@heed/command-line";
import { beamDecode, greedyDecode, type Hypothesis, Vocabulary } from "@heed/nlp";
import { toPictures } from "./model/caption-batch.ts";
import type { Captioner } from "./model/captioner.ts";
import type { Picture } from "./pictures/picture.ts";

const picturesPerBatch = 64;

/** What the model says of a picture. */
export interface Caption {
	readonly words: readonly string[];
	/** Where it looked for each word, row-major `[words, side, side]`. */
	readonly weights: Float32Array;
	/** Height and width of the map. */
	readonly side: number;
}

/** How captions are searched for. */
export interface SearchOptions {
	/** 1 takes the likeliest word each time. */
	readonly beam: number;
	/** In words. */
	readonly maxLength: number;
}

/** Describes pictures, in the order given. */
export async function captionPictures(
	model: Captioner,
	vocabulary: Vocabulary,
	pictures: readonly Pick<Picture, "pixels">[],
	{ beam, maxLength }: SearchOptions,
): Promise<Caption[]> {
	const rules = { maxLength, never: [Vocabulary.pad, Vocabulary.bos, Vocabulary.unk] };
	const captions: Caption[] = [];
	for (let start = 0; start < pictures.length; start += picturesPerBatch) {
		await giveWay();
		const batch = toPictures(pictures.slice(start, start + picturesPerBatch));
		try {
			const source = { pictures: batch };
			const found =
				beam === 1
					? await greedyDecode(model, source, rules)
					: (await beamDecode(model, source, { ...rules, beamSize: beam })).map(
							([best]) => best as Hypothesis,
						);
			for (const { tokens, alignment = new Float32Array() } of found) {
				const words = vocabulary.decode(tokens);
				const { side } = model;
				captions.push({ words, weights: alignment.slice(0, words.length * side * side), side });
			}
		} finally {
			batch.dispose();
		}
	}
	return captions;
}
