import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import type { AttentionClassifier } from "@heed/nlp";
import { startBackend } from "./backend.ts";
import { type Classification, joinPieces, type LabelProbability, rankLabels } from "./classification.ts";
import { buildModel, classify } from "./classify.ts";
import { cutPieces } from "./cut-pieces.ts";
import type { RunOptions } from "./options.ts";
import { defaultFolder } from "./output-folder.ts";
import { sentencesOf } from "./split-text.ts";
import { loadWeights, modelFile, readModel, type StoredModel } from "./stored-model.ts";
import { print, shadedText } from "./terminal.ts";
import { UserError } from "./user-error.ts";

/** How many labels are printed, at most; `--json` has them all. */
const shownLabels = 5;

/** `genre run`: classifies its arguments, or all of stdin as one text, with a trained model. */
export async function runCommand(texts: readonly string[], options: RunOptions): Promise<void> {
	const { model: folder = defaultFolder(undefined), attention, json = false } = options;
	const stored = await readModel(folder);
	await startBackend(options.backend);
	const model = buildModel(stored.settings, stored.codec);
	loadWeights(model.weights, stored.weights, join(folder, modelFile));
	const isMean = stored.settings.pooling === "mean";

	for (const text of texts.length > 0 ? texts : [await readStdin()]) {
		const { labels, sentences } = await classifyText(model, stored, text, attention && !isMean);
		if (json) {
			await print(JSON.stringify({ labels, sentences }, roundNumbers));
			continue;
		}
		const width = Math.max(...labels.map(({ label }) => label.length));
		for (const { label, probability } of labels.slice(0, shownLabels)) {
			const bar = "#".repeat(Math.round(40 * probability));
			const share = (100 * probability).toFixed(1).padStart(5);
			await print(`${label.padEnd(width)} ${share} % ${bar}`.trimEnd());
		}
		if (attention && !isMean) await print(`\n${shadedText(sentences)}`);
		await print("");
	}
	model.dispose();
}

async function readStdin(): Promise<string> {
	if (process.stdin.isTTY) console.error("Type a text; Ctrl-D ends.");
	return textOf(process.stdin);
}

async function classifyText(
	model: AttentionClassifier,
	{ codec, settings }: StoredModel,
	text: string,
	look: boolean,
): Promise<{ labels: LabelProbability[]; sentences: Classification["sentences"] }> {
	const pieces = cutPieces(sentencesOf(text), settings);
	if (pieces.length === 0) throw new UserError("the text has no word; give one, or put it into stdin.");
	const { logProbabilities, sentences } = joinPieces(await classify(model, codec, pieces, { look }));
	return { labels: rankLabels(logProbabilities, codec.labels, pieces.length), sentences };
}

/** Six digits are enough for people and programs. */
function roundNumbers(_key: string, value: unknown): unknown {
	return typeof value === "number" ? Number(value.toFixed(6)) : value;
}
