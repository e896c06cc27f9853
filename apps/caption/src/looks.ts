import type { AttentionImage } from "@heed/viz";
import type { Caption } from "./caption-pictures.ts";
import type { Picture } from "./pictures/picture.ts";
import { checkCaption } from "./scenes/check-caption.ts";
import type { ScenePicture } from "./scenes/scene-pictures.ts";
import { isScene } from "./score.ts";

/** A picture as it is, and once more for each word of its caption with where the model looked. */
export function lookImages(
	picture: Picture,
	{ words, weights, side }: Caption,
	looked: boolean,
): AttentionImage[] {
	const size = Math.sqrt(picture.pixels.length / 3);
	const image = {
		height: size,
		width: size,
		pixels: Float32Array.from(picture.pixels, (value) => value / 255),
	};
	const cells = side * side;
	const looks = words.map((word, i): AttentionImage => {
		const own = weights.subarray(i * cells, (i + 1) * cells);
		return { ...image, title: word, heat: { weights: own, rows: side, columns: side, smooth: true } };
	});
	return [{ ...image, title: picture.name }, ...(looked ? looks : [])];
}

/** What is to be said of a caption beside the picture: whether it is true, where one can tell, and what people say. */
export function remarks(picture: Picture, { words }: Caption): string[] {
	const people =
		picture.captions.length === 0 ? [] : [`Captions of the data: ${picture.captions.join("; ")}.`];
	return isScene(picture) ? [verdictOf(words.join(" "), picture), ...people] : people;
}

function verdictOf(caption: string, { scene }: ScenePicture): string {
	const check = checkCaption(caption, scene);
	if (check.true) return "True.";
	if (check.things) return "Not true: the things are there, but elsewhere.";
	return check.grammatical ? "Not true: it names a thing that is not there." : "No sentence of the grammar.";
}

const ramp = " .:-=+*#%@";

/** Where the model looked for each word as blocks of characters, side by side, as many in a row as fit the width. */
export function lookBlocks({ words, weights, side }: Caption, width: number): string {
	const block = Math.max(side, ...words.map((word) => word.length)) + 2;
	const perRow = Math.max(1, Math.floor(width / block));
	const lines: string[] = [];
	for (let start = 0; start < words.length; start += perRow) {
		const row = words.slice(start, start + perRow);
		lines.push(row.map((word) => word.padEnd(block)).join(""));
		for (let y = 0; y < side; y++) {
			lines.push(row.map((_, i) => shade(start + i, y).padEnd(block)).join(""));
		}
		lines.push("");
	}
	return lines
		.map((line) => line.trimEnd())
		.join("\n")
		.trimEnd();

	function shade(word: number, y: number): string {
		const own = weights.subarray(word * side * side, (word + 1) * side * side);
		const most = Math.max(...own, Number.MIN_VALUE);
		return Array.from({ length: side }, (_, x) => {
			const share = (own[y * side + x] ?? 0) / most;
			return ramp[Math.round(share * (ramp.length - 1))] ?? " ";
		}).join("");
	}
}
