import { defaultFolder, heatMap, loadWeights, print, UserError } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { readFace } from "./fonts/font-faces.ts";
import { lookMap } from "./look.ts";
import { buildModel, type Reading, readPictures } from "./model/read-pictures.ts";
import type { RunOptions } from "./options.ts";
import { drawWord } from "./pictures/draw-word.ts";
import { fitWord } from "./pictures/fit-word.ts";
import type { Picture } from "./pictures/picture.ts";
import { readPicture } from "./pictures/read-picture.ts";
import { defaultName, store } from "./store.ts";
import { isWord, wordLengths } from "./words/read-words.ts";

/** `ocr run`: reads pictures, or words that it draws, with a trained model. */
export async function runCommand(files: readonly string[], options: RunOptions): Promise<void> {
	const { model: folder = defaultFolder(undefined, defaultName), attention, json = false } = options;
	const named = [...files.map(pictureOf), ...drawnWords(options)];
	if (named.length === 0) throw new UserError("give pictures of words, or --text with words to draw.");
	const stored = await store.readModel(folder, options);
	await startBackend(options.backend);
	const model = buildModel(stored.settings, stored.codec);
	loadWeights(model.weights, stored);
	const readings = await readPictures(
		model,
		stored.codec,
		named.map(([, picture]) => picture),
	);
	model.dispose();
	for (const [i, reading] of readings.entries()) {
		const name = named[i]?.[0] ?? "";
		if (json) {
			await print(JSON.stringify(jsonOf(name, reading)));
			continue;
		}
		await print(`${name}: ${reading.text}`);
		const map = attention ? heatMap(lookMap(reading)) : "";
		if (map !== "") await print(`\n${map}\n`);
	}
}

function pictureOf(path: string): [name: string, picture: Picture] {
	const picture = fitWord(readPicture(path));
	if (picture === undefined)
		throw new UserError(`${path}: there is no word to see; all pixels are the same.`);
	return [path, picture];
}

function drawnWords({ text = "", font }: RunOptions): [name: string, picture: Picture][] {
	const words = text.split(/\s+/u).filter((word) => word !== "");
	const odd = words.find((word) => !isWord(word));
	if (odd !== undefined) {
		const { min, max } = wordLengths;
		throw new UserError(`--text has '${odd}'; expected words of ${min} to ${max} letters from a to z.`);
	}
	const face = readFace(font);
	return words.map((word) => [`${word} (${face.name})`, drawWord(word, face)]);
}

/** What was read, and where it looked as rows of numbers, one row for each letter and the end. */
function jsonOf(name: string, { text, tokens, weights }: Reading): object {
	const columns = weights.length / Math.max(1, tokens.length);
	const row = (from: number): number[] =>
		Array.from(weights.subarray(from, from + columns), (weight) => Number(weight.toFixed(6)));
	return { picture: name, text, tokens, attention: tokens.map((_, i) => row(i * columns)) };
}
