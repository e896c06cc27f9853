import {
	defaultFolder,
	loadWeights,
	print,
	rounded,
	type StoredModel,
	textOfStdin,
	UserError,
} from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import type { AttentionClassifier } from "@heed/nlp";
import { type Classification, joinPieces, type LabelProbability, rankLabels } from "./classification.ts";
import { buildModel, classify } from "./classify.ts";
import type { Codec } from "./codec.ts";
import { cutPieces } from "./cut-pieces.ts";
import type { RunOptions } from "./options.ts";
import type { ModelSettings } from "./settings.ts";
import { sentencesOf } from "./split-text.ts";
import { defaultName, store } from "./store.ts";
import { shadedText } from "./terminal.ts";

/** How many labels are printed, at most; `--json` has them all. */
const shownLabels = 5;

/** `genre run`: classifies its arguments, or all of stdin as one text, with a trained model. */
export async function runCommand(texts: readonly string[], options: RunOptions): Promise<void> {
	const { model: folder = defaultFolder(undefined, defaultName), attention, json = false } = options;
	const stored = await store.readModel(folder, options);
	await startBackend(options.backend);
	const model = buildModel(stored.settings, stored.codec);
	loadWeights(model.weights, stored);
	const isMean = stored.settings.pooling === "mean";

	for (const text of texts.length > 0 ? texts : [await textOfStdin("Type a text; Ctrl-D ends.")]) {
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

async function classifyText(
	model: AttentionClassifier,
	{ codec, settings }: StoredModel<ModelSettings, Codec>,
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
	return typeof value === "number" ? rounded(value) : value;
}
