import { preparePage, print, rounded, writePage } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { readColorDrawing } from "@heed/command-line/pictures";
import type { HtmlSection } from "@heed/viz";
import type { PictureOptions } from "./options.ts";
import { type Angle, AngleClassifier, angleHeight, angleWidth } from "./paddle/angle-classifier.ts";
import { bgrBytes, bgrImage, lineOfText } from "./paddle/bgr-image.ts";
import { angleSections } from "./paddle/line-looks.ts";

/** `ocr angle`: says which pictures of words stand on their head, and shows the gates of the network. */
export async function angleCommand(files: readonly string[], options: PictureOptions): Promise<void> {
	const lines = files.map((path) => ({ path, line: lineOfText(readColorDrawing(path), angleHeight) }));
	await preparePage(options);
	await startBackend(options.backend);
	const classifier = new AngleClassifier();
	const sections: HtmlSection[] = [];
	for (const { path, line } of lines) {
		const image = bgrImage(bgrBytes(line), angleHeight, angleWidth);
		const angle = await classifier.judge(image);
		image.dispose();
		await print(options.json ? JSON.stringify(jsonOf(path, angle)) : textOf(path, angle));
		sections.push(...angleSections(verdictOf(path, angle), line, angle));
	}
	classifier.dispose();
	await writePage(options, "Upright or upside down", () => sections);
}

const shades = " .:-=+*#%@";
/** So many channels stand in one line. */
const perLine = 104;

/** `word.png: upright, 98.7 %`. */
function verdictOf(path: string, { upright, turned }: Angle): string {
	const percent = (100 * Math.max(upright, turned)).toFixed(1);
	return `${path}: ${upright >= turned ? "upright" : "upside down"}, ${percent} %`;
}

/** The verdict, and every gate with a sign for every channel. */
function textOf(path: string, angle: Angle): string {
	const lines = angle.gates.flatMap((gate, i) => {
		const signs = Array.from(gate, (weight) => shades[Math.min(9, Math.floor(weight * 10))]).join("");
		const mean = gate.reduce((sum, weight) => sum + weight, 0) / gate.length;
		const head = `gate ${i + 1}  mean ${mean.toFixed(2)}  `;
		const rows = Array.from({ length: Math.ceil(gate.length / perLine) }, (_, row) =>
			signs.slice(row * perLine, (row + 1) * perLine),
		);
		return rows.map((row, at) => `  ${at === 0 ? head : " ".repeat(head.length)}|${row}|`);
	});
	const legend = `  one sign per channel, from closed to open: 0 [${shades}] 1`;
	return [verdictOf(path, angle), ...lines, legend, ""].join("\n");
}

function jsonOf(path: string, { upright, turned, gates }: Angle): object {
	return {
		picture: path,
		upright: rounded(upright),
		turned: rounded(turned),
		gates: gates.map((gate) => Array.from(gate, rounded)),
	};
}
