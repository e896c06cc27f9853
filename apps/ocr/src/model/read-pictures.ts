import { giveWay } from "@heed/command-line";
import { greedyDecode, type Vocabulary } from "@heed/nlp";
import type { WordPicture } from "../pictures/picture.ts";
import type { ModelSettings } from "../settings.ts";
import { wordLengths } from "../words/read-words.ts";
import { toImages } from "./word-batches.ts";
import { WordReader } from "./word-reader.ts";

const picturesPerBatch = 64;

/** A picture with what was read in it. */
export interface Reading {
	readonly picture: WordPicture;
	/** The letters, and at last the end of the word, if it was found. */
	readonly tokens: readonly string[];
	/** The letters as a word. */
	readonly text: string;
	/** Which columns it looked at for each token, row-major `[tokens, columns]`. */
	readonly weights: Float32Array;
}

/** The sign for the end of a word in {@link Reading.tokens}. */
const endSign = "∎";

/** Makes the model that the settings describe, with fresh weights. */
export function buildModel(settings: ModelSettings, letters: Vocabulary): WordReader {
	const { attention, channels, units, embedding, seed } = settings;
	return new WordReader({ classes: letters.size, attention, channels, units, embedding, seed });
}

/** Reads pictures, in the order given. */
export async function readPictures(
	model: WordReader,
	letters: Vocabulary,
	pictures: readonly WordPicture[],
): Promise<Reading[]> {
	const readings: Reading[] = [];
	for (let start = 0; start < pictures.length; start += picturesPerBatch) {
		await giveWay();
		const chosen = pictures.slice(start, start + picturesPerBatch);
		const images = toImages(chosen);
		try {
			const found = await greedyDecode(model, images, { maxLength: wordLengths.max + 2 });
			found.forEach(({ tokens, alignment = new Float32Array() }, i) => {
				const read = letters.decode(tokens);
				const ended = tokens.length > read.length;
				readings.push({
					picture: chosen[i] as WordPicture,
					tokens: ended ? [...read, endSign] : read,
					text: read.join(""),
					weights: alignment,
				});
			});
		} finally {
			images.dispose();
		}
	}
	return readings;
}
