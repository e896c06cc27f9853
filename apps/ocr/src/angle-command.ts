import { print } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import type { PictureOptions } from "./options.ts";
import { type Angle, AngleClassifier, angleHeight, angleWidth } from "./paddle/angle-classifier.ts";
import { bgrImage, lineOfText } from "./paddle/bgr-image.ts";
import { readPicture } from "./pictures/read-picture.ts";

/** `ocr angle`: says which pictures of words stand on their head, and shows the gates of the network. */
export async function angleCommand(files: readonly string[], options: PictureOptions): Promise<void> {
	const lines = files.map((path) => lineOfText(readPicture(path), angleHeight));
	await startBackend(options.backend);
	const classifier = new AngleClassifier();
	for (const [i, line] of lines.entries()) {
		const image = bgrImage(line, angleHeight, angleWidth);
		const angle = await classifier.judge(image);
		image.dispose();
		await print(options.json ? JSON.stringify(jsonOf(files[i] ?? "", angle)) : textOf(files[i] ?? "", angle));
	}
	classifier.dispose();
}

const shades = " .:-=+*#%@";
/** So many channels stand in one line. */
const perLine = 104;

/** `word.png: upright, 98.7 %`, and every gate with a sign for every channel. */
function textOf(path: string, { upright, turned, gates }: Angle): string {
	const percent = (100 * Math.max(upright, turned)).toFixed(1);
	const lines = gates.flatMap((gate, i) => {
		const signs = Array.from(gate, (weight) => shades[Math.min(9, Math.floor(weight * 10))]).join("");
		const mean = gate.reduce((sum, weight) => sum + weight, 0) / gate.length;
		const head = `gate ${i + 1}  mean ${mean.toFixed(2)}  `;
		const rows = Array.from({ length: Math.ceil(gate.length / perLine) }, (_, row) =>
			signs.slice(row * perLine, (row + 1) * perLine),
		);
		return rows.map((row, at) => `  ${at === 0 ? head : " ".repeat(head.length)}|${row}|`);
	});
	const legend = `  one sign per channel, from closed to open: 0 [${shades}] 1`;
	return [
		`${path}: ${upright >= turned ? "upright" : "upside down"}, ${percent} %`,
		...lines,
		legend,
		"",
	].join("\n");
}

function jsonOf(path: string, { upright, turned, gates }: Angle): object {
	const short = (value: number): number => Number(value.toFixed(6));
	return {
		picture: path,
		upright: short(upright),
		turned: short(turned),
		gates: gates.map((gate) => Array.from(gate, short)),
	};
}
