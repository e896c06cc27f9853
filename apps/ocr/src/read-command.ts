import { print } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import type { PictureOptions } from "./options.ts";
import { bgrImage, lineOfText } from "./paddle/bgr-image.ts";
import { LineReader, type LineReading, lineHeight } from "./paddle/line-reader.ts";
import { readPicture } from "./pictures/read-picture.ts";

/** `ocr read`: reads lines of text in pictures with PaddleOCR's network. */
export async function readCommand(files: readonly string[], options: PictureOptions): Promise<void> {
	const lines = files.map((path) => lineOfText(readPicture(path), lineHeight));
	await startBackend(options.backend);
	const reader = new LineReader();
	for (const [i, line] of lines.entries()) {
		const image = bgrImage(line, lineHeight);
		const reading = await reader.read(image);
		image.dispose();
		const name = files[i] ?? "";
		await print(options.json ? JSON.stringify(jsonOf(name, reading)) : `${name}: ${reading.text}`);
	}
	reader.dispose();
}

/** What was read, the probability of what each column says, and where the columns looked in each of the two blocks. */
function jsonOf(path: string, { text, classes, probabilities, attention }: LineReading): object {
	const columns = classes.length;
	const short = (value: number): number => Number(value.toFixed(6));
	return {
		picture: path,
		text,
		probabilities: Array.from(probabilities, short),
		attention: attention.map((weights) =>
			Array.from({ length: columns }, (_, row) =>
				Array.from(weights.subarray(row * columns, (row + 1) * columns), short),
			),
		),
	};
}
