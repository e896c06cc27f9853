import { preparePage, print, writePage } from "@heed/command-line";
import { answerPictures } from "./answer-pictures.ts";
import { judgingPictures, type Pictures } from "./data/picture-batches.ts";
import { thin } from "./data/read-data.ts";
import { readDigit } from "./data/read-digit.ts";
import { looksAt } from "./judge.ts";
import { type Look, lookJson, lookText } from "./look.ts";
import { heldOutDigits, type OpenNetwork, openNetwork } from "./open-network.ts";
import type { RunOptions } from "./options.ts";
import { lookingText, looksSection } from "./report.ts";

/** `digits run`: reads pictures of the user's, or some held-out digits, and shows where it looked. */
export async function runCommand(files: readonly string[], options: RunOptions): Promise<void> {
	const opened = await openNetwork(options);
	const pictures = files.map((file) => readDigit(file, opened.making.form));
	await preparePage(options);
	const looks =
		files.length > 0 ? await looksAtFiles(files, pictures, opened) : await looksAtHeldOut(options, opened);
	opened.network.dispose();
	for (const look of looks) {
		await print(options.json === true ? JSON.stringify(lookJson(look)) : lookText(look));
	}
	await writePage(options, "Digits", () => [looksSection("Where it looks", looks, lookingText(opened.look))]);
}

async function looksAtFiles(
	files: readonly string[],
	pictures: readonly Pictures[],
	{ network }: OpenNetwork,
): Promise<Look[]> {
	const looks: Look[] = [];
	for (const [i, picture] of pictures.entries()) {
		const [answer] = await answerPictures(network, picture, { look: true });
		if (answer !== undefined) looks.push({ picture, name: files[i] ?? "", answer });
	}
	return looks;
}

async function looksAtHeldOut({ data, samples }: RunOptions, opened: OpenNetwork): Promise<Look[]> {
	const pictures = judgingPictures(thin(heldOutDigits(data, opened), samples), opened.making);
	return looksAt(opened.network, pictures, [...pictures.labels.keys()]);
}
