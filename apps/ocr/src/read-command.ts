import { preparePage, print, rounded, roundedRows, writePage } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { readColorDrawing } from "@heed/command-line/pictures";
import type { HtmlSection } from "@heed/viz";
import type { PictureOptions } from "./options.ts";
import { bgrBytes, bgrImage, lineOfText } from "./paddle/bgr-image.ts";
import { readingSections } from "./paddle/line-looks.ts";
import { LineReader, type LineReading, lineHeight } from "./paddle/line-reader.ts";

/** `ocr read`: reads lines of text in pictures with PaddleOCR's network. */
export async function readCommand(files: readonly string[], options: PictureOptions): Promise<void> {
	const lines = files.map((path) => ({ path, line: lineOfText(readColorDrawing(path), lineHeight) }));
	await preparePage(options);
	await startBackend(options.backend);
	const reader = new LineReader();
	const sections: HtmlSection[] = [];
	for (const { path, line } of lines) {
		const image = bgrImage(bgrBytes(line), lineHeight);
		const reading = await reader.read(image);
		image.dispose();
		await print(options.json ? JSON.stringify(jsonOf(path, reading)) : `${path}: ${reading.text}`);
		sections.push(...readingSections(path, line, reading));
	}
	reader.dispose();
	await writePage(options, "Lines of text", () => sections);
}

/** What was read, the probability of what each column says, and where the columns looked in each of the two blocks. */
function jsonOf(path: string, { text, probabilities, attention }: LineReading): object {
	return {
		picture: path,
		text,
		probabilities: Array.from(probabilities, rounded),
		attention: attention.map((weights) => roundedRows(weights, probabilities.length)),
	};
}
