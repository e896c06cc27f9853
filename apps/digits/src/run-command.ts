import { dirname, join } from "node:path";
import { prepareFolder, print } from "@heed/command-line";
import { writeFileAtomically } from "@heed/io/node";
import { renderHtml } from "@heed/viz";
import { answerPictures } from "./answer-pictures.ts";
import { judgingPictures } from "./data/picture-batches.ts";
import { thin } from "./data/read-data.ts";
import { readDigit } from "./data/read-digit.ts";
import { looksAt } from "./judge.ts";
import { type Look, lookJson, lookText } from "./look.ts";
import { heldOutDigits, type OpenNetwork, openNetwork } from "./open-network.ts";
import type { RunOptions } from "./options.ts";
import { lookingText, looksSection } from "./report.ts";

/** `digits run`: reads pictures of the user's, or some held-out digits, and writes a page that shows where it looked. */
export async function runCommand(files: readonly string[], options: RunOptions): Promise<void> {
	const opened = await openNetwork(options);
	const report = options.report ?? join(opened.folder, "looks.html");
	await prepareFolder({ path: dirname(report) }, "--report");
	const looks = files.length > 0 ? await looksAtFiles(files, opened) : await looksAtHeldOut(options, opened);
	opened.network.dispose();
	const section = looksSection("Where it looks", looks, lookingText(opened.look));
	await writeFileAtomically(report, renderHtml({ title: "Digits", sections: [section] }));
	for (const look of looks) {
		await print(options.json === true ? JSON.stringify(lookJson(look)) : lookText(look));
	}
	if (options.json !== true) await print(`Pictures: ${report}`);
}

async function looksAtFiles(files: readonly string[], { network, making }: OpenNetwork): Promise<Look[]> {
	const looks: Look[] = [];
	for (const name of files) {
		const picture = readDigit(name, making.form);
		const [answer] = await answerPictures(network, picture, { look: true });
		if (answer !== undefined) looks.push({ picture, name, answer });
	}
	return looks;
}

async function looksAtHeldOut({ data, samples }: RunOptions, opened: OpenNetwork): Promise<Look[]> {
	const pictures = judgingPictures(thin(heldOutDigits(data, opened), samples), opened.making);
	return looksAt(opened.network, pictures, [...pictures.labels.keys()]);
}
