import { basename } from "node:path";
import {
	defaultFolder,
	loadWeights,
	preparePage,
	print,
	roundedRows,
	UserError,
	writePage,
} from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { type Caption, captionPictures } from "./caption-pictures.ts";
import { type Sample, textOf } from "./judge.ts";
import { lookBlocks } from "./looks.ts";
import { Captioner } from "./model/captioner.ts";
import type { RunOptions } from "./options.ts";
import type { Picture } from "./pictures/picture.ts";
import { readPicture } from "./pictures/read-picture.ts";
import { sampleSection } from "./report.ts";
import { scenePictures } from "./scenes/scene-pictures.ts";
import type { ModelSettings } from "./settings.ts";
import { defaultName, store } from "./store.ts";

/** `caption run`: describes the pictures of its arguments, or scenes that no training has seen, with a trained model. */
export async function runCommand(paths: readonly string[], options: RunOptions): Promise<void> {
	const { model: folder = defaultFolder(undefined, defaultName), beam, json = false } = options;
	const stored = await store.readModel(folder, options);
	const { settings, codec: vocabulary } = stored;
	const pictures = picturesOf(paths, settings, options.count);
	await preparePage(options);
	await startBackend(options.backend);
	const model = new Captioner(settings, vocabulary.size);
	loadWeights(model.weights, stored);

	const { maxLength } = settings;
	const captions = await captionPictures(model, vocabulary, pictures, { beam, maxLength });
	model.dispose();
	const samples = pictures.map((picture, i): Sample => ({ picture, caption: captions[i] as Caption }));
	const looks = options.attention && settings.attention !== "none";
	for (const sample of samples) await tell(sample, { json, looks });
	await writePage(options, "Captions", () => samples.map((sample) => sampleSection(sample, looks)));
}

async function tell(
	{ picture, caption }: Sample,
	{ json, looks }: { readonly json: boolean; readonly looks: boolean },
): Promise<void> {
	if (json) {
		const { words, weights, side } = caption;
		const map = (word: number): number[][] =>
			roundedRows(weights.subarray(word * side * side, (word + 1) * side * side), side);
		const attention = looks && { attention: words.map((_, word) => map(word)) };
		await print(JSON.stringify({ picture: picture.name, caption: textOf(caption), words, ...attention }));
		return;
	}
	await print(`${picture.name}: ${textOf(caption)}`);
	if (picture.captions.length > 0) await print(`  (${picture.captions[0]})`);
	if (looks) await print(`\n${lookBlocks(caption, process.stdout.columns ?? 100)}\n`);
}

function picturesOf(paths: readonly string[], settings: ModelSettings, count: number): Picture[] {
	const { size, seed, task } = settings;
	if (paths.length > 0) {
		return paths.map((path) => ({ name: basename(path), pixels: readPicture(path, size), captions: [] }));
	}
	if (task === "scenes") return scenePictures({ name: "scene", size, seed, count });
	throw new UserError("this model describes pictures; give PNG or JPEG files.");
}
