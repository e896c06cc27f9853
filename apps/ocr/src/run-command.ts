import {
	defaultFolder,
	heatMap,
	loadWeights,
	preparePage,
	print,
	roundedRows,
	say,
	UserError,
	writePage,
} from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { readDrawing } from "@heed/command-line/pictures";
import { readFace } from "./fonts/font-faces.ts";
import { lookMap, looksSection } from "./look.ts";
import { buildModel, type Reading, readPictures } from "./model/read-pictures.ts";
import type { RunOptions } from "./options.ts";
import { drawWord } from "./pictures/draw-word.ts";
import { fitWord } from "./pictures/fit-word.ts";
import type { WordPicture } from "./pictures/picture.ts";
import { defaultName, store } from "./store.ts";
import { isWord, wordLengths } from "./words/read-words.ts";

/** `ocr run`: reads pictures, or words that it draws, with a trained model. */
export async function runCommand(files: readonly string[], options: RunOptions): Promise<void> {
	const { model: folder = defaultFolder(undefined, defaultName), attention, json = false } = options;
	const named = [...files.map(pictureOf), ...drawnWords(options)];
	if (named.length === 0) throw new UserError("give pictures of words, or --text with words to draw.");
	const stored = await store.readModel(folder, options);
	await preparePage(options);
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
	await writePage(options, "Words", () => [
		looksSection(
			"Where it looks",
			readings.map((reading, i) => ({ reading, title: `${named[i]?.[0]}: ${reading.text}` })),
		),
	]);
}

/** Letters that are less high cannot be told apart. */
const leastHeight = 6;

function pictureOf(path: string): [name: string, picture: WordPicture] {
	const { picture, ink } = fitWord(readDrawing(path));
	const pixels = ink.height === 1 ? "1 pixel" : `${ink.height} pixels`;
	if (ink.height < leastHeight)
		say(`${path}: what stands out is ${pixels} high; letters need more to be read.`);
	return [path, picture];
}

function drawnWords({ text = "", font }: RunOptions): [name: string, picture: WordPicture][] {
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
	const attention = roundedRows(weights, weights.length / Math.max(1, tokens.length));
	return { picture: name, text, tokens, attention };
}
