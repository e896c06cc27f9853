import { basename } from "node:path";
import {
	defaultFolder,
	heatMap,
	loadWeights,
	preparePage,
	print,
	rounded,
	roundedRows,
	UserError,
	writePage,
} from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { type LabelledImages, pickImages } from "@heed/command-line/digits";
import { readDrawing } from "@heed/command-line/pictures";
import { seededOrder } from "@heed/train";
import type { HtmlSection } from "@heed/viz";
import { buildClassifier, shapeOf } from "./classifier.ts";
import type { Codec } from "./codec.ts";
import { fitPicture } from "./fit-picture.ts";
import type { RunOptions } from "./options.ts";
import { howToRead } from "./report-parts.ts";
import { answerOf, sampleImages } from "./sample-images.ts";
import { type Sample, samplesOf } from "./samples.ts";
import type { ModelSettings } from "./settings.ts";
import { defaultName, store } from "./store.ts";
import { readPictures } from "./task-data.ts";

/** `classify run`: recognises pictures of the user's, or held-out pictures, with a trained model, and shows where it looked. */
export async function runCommand(files: readonly string[], options: RunOptions): Promise<void> {
	const { model: folder = defaultFolder(undefined, defaultName), json = false } = options;
	const stored = await store.readModel(folder, options);
	const { settings, codec } = stored;
	const { classes } = codec;
	const { names, pictures } =
		files.length > 0 ? ofFiles(files, codec, options.invert) : heldOut(settings, codec, options);
	await preparePage(options);
	await startBackend(options.backend);
	const model = buildClassifier(shapeOf(settings, codec));
	loadWeights(model.weights, stored);
	const indices = Array.from({ length: pictures.count }, (_, i) => i);
	const seen = await samplesOf(model, pictures, indices);
	model.dispose();
	const samples = files.length > 0 ? seen.map((sample) => ({ ...sample, label: undefined })) : seen;

	for (const [i, sample] of samples.entries()) {
		const name = names[i] ?? "";
		if (json) await print(JSON.stringify(jsonOf(name, sample, classes)));
		else
			await print(
				`${name}: ${answerOf(sample, classes)} (${shares(sample, classes)})\n\n${textMap(sample, classes)}\n`,
			);
	}
	await writePage(options, "Where the network looked", () => lookSections(names, samples, classes));
}

interface Named {
	readonly names: readonly string[];
	readonly pictures: LabelledImages;
}

function ofFiles(files: readonly string[], codec: Codec, invert: boolean | undefined): Named {
	const { height, width } = codec;
	const images = new Uint8Array(files.length * height * width);
	files.forEach((file, i) => {
		images.set(fitPicture(readDrawing(file), codec, invert), i * height * width);
	});
	const pictures = { images, labels: new Uint8Array(files.length), count: files.length, height, width };
	return { names: files.map((file) => basename(file)), pictures };
}

function heldOut(settings: ModelSettings, { height, width, classes }: Codec, options: RunOptions): Named {
	const { data, samples, seed } = options;
	if (settings.task === "files" && data === undefined) {
		throw new UserError(
			"give pictures, or --data with the folder of the training for its held-out pictures.",
		);
	}
	const { test } = readPictures(settings.task === "files" && data !== undefined ? { data } : {});
	if (test.height !== height || test.width !== width) {
		const [here, there] = [`${test.height} × ${test.width}`, `${height} × ${width}`];
		throw new UserError(`${data}: pictures of ${here}; the model takes ${there}.`);
	}
	if (test.labels.some((label) => label >= classes.length)) {
		throw new UserError(`${data}: it has classes that the model does not know.`);
	}
	const chosen = [...seededOrder(test.count, seed, 0)].slice(0, samples);
	return { names: chosen.map((index) => `picture ${index}`), pictures: pickImages(test, chosen) };
}

/** The likeliest classes. */
function shares({ look }: Sample, classes: readonly string[]): string {
	return [...look.probabilities.entries()]
		.sort(([, a], [, b]) => b - a)
		.slice(0, 3)
		.map(([of, share]) => `${classes[of]} ${(100 * share).toFixed(1)} %`)
		.join(", ");
}

/** Where the score of the answer comes from, for the terminal. */
function textMap({ look }: Sample, classes: readonly string[]): string {
	const { rows, columns, weights } = look.classMap(look.predicted);
	return heatMap({
		title: `what each place says for ${classes[look.predicted]}`,
		queryTokens: Array.from({ length: rows }, (_, i) => String(i + 1)),
		keyTokens: Array.from({ length: columns }, (_, i) => String(i + 1)),
		weights,
		axisLabels: { query: "from above", key: "from the left" },
	});
}

function jsonOf(picture: string, { look, label }: Sample, classes: readonly string[]): object {
	const map = look.classMap(look.predicted);
	const probabilities = classes.map((name, of) => [name, rounded(look.probabilities[of] ?? 0)]);
	return {
		picture,
		...(label !== undefined && { label: classes[label] }),
		predicted: classes[look.predicted],
		probabilities: Object.fromEntries(probabilities),
		classMap: roundedRows(map.weights, map.columns),
		attention: look.pixels.map(({ layer, columns, weights }) => ({
			layer,
			weights: roundedRows(weights, columns),
		})),
		channels: look.channels.map(({ layer, weights }) => ({ layer, weights: Array.from(weights, rounded) })),
	};
}

function lookSections(
	names: readonly string[],
	samples: readonly Sample[],
	classes: readonly string[],
): HtmlSection[] {
	return samples.map((sample, i) => ({
		heading: `${names[i]}: ${answerOf(sample, classes)}`,
		text: i === 0 ? [shares(sample, classes), ...howToRead] : shares(sample, classes),
		images: sampleImages(sample, classes),
	}));
}
