import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { joiner, tagSpans, wordTokenizer } from "@heed/nlp";
import { startBackend } from "./backend.ts";
import type { RunOptions } from "./options.ts";
import type { ModelSettings } from "./settings.ts";
import { loadWeights, modelFile, readModel } from "./stored-model.ts";
import { buildModel, tagSentences } from "./tag-sentences.ts";
import { inlineTags, type Tagging } from "./tagging.ts";
import { heatMap, print } from "./terminal.ts";

/** `tag run`: tags its arguments, or stdin line by line, with a trained model. */
export async function runCommand(texts: readonly string[], options: RunOptions): Promise<void> {
	const { model: folder = join("out", "brown"), attention, json = false, tokenized = false } = options;
	const { settings, codec, weights } = await readModel(folder);
	await startBackend(options.backend);
	const model = buildModel(settings, codec);
	loadWeights(model.weights, weights, join(folder, modelFile));

	for await (const text of texts.length > 0 ? texts : linesOfStdin()) {
		const words = tokenized ? text.split(/\s+/u).filter((word) => word !== "") : wordsOf(text);
		const [tagging] = await tagSentences(model, codec, [words], { look: attention });
		if (tagging === undefined) continue;
		if (json) {
			await print(JSON.stringify(jsonOf(tagging, settings)));
			continue;
		}
		await print(inlineTags(tagging));
		const map = attention ? heatMap(tagging) : "";
		if (map !== "") await print(`\n${map}\n`);
	}
	model.dispose();
}

/** Words and punctuation, each alone. */
function wordsOf(text: string): string[] {
	return wordTokenizer()
		.tokenize(text)
		.map((token) => token.replaceAll(joiner, ""));
}

async function* linesOfStdin(): AsyncGenerator<string> {
	if (process.stdin.isTTY) console.error("Type a sentence and press Enter; Ctrl-D ends.");
	yield* createInterface({ input: process.stdin, terminal: false });
}

/** A tagging with its spans, if the tags are of spans, and where the words looked as rows of numbers, one row per word. */
function jsonOf({ words, tags, weights }: Tagging, { task }: ModelSettings): object {
	const size = words.length;
	const row = (from: number): number[] =>
		Array.from(weights?.subarray(from, from + size) ?? [], (weight) => Number(weight.toFixed(6)));
	return {
		words,
		tags,
		...(task === "spans" && {
			spans: tagSpans(tags).map((span) => ({ ...span, text: words.slice(span.start, span.end).join(" ") })),
		}),
		...(weights && { attention: words.map((_, i) => row(i * size)) }),
	};
}
