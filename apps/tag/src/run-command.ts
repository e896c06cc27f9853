import {
	countAloud,
	defaultFolder,
	heatMap,
	lineGroupsOfStdin,
	loadWeights,
	print,
	rounded,
} from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { joiner, tagSpans, wordTokenizer } from "@heed/nlp";
import type { RunOptions } from "./options.ts";
import type { ModelSettings } from "./settings.ts";
import { defaultName, store } from "./store.ts";
import { buildModel, tagSentences } from "./tag-sentences.ts";
import { inlineTags, lookMap, type Tagging } from "./tagging.ts";

const hint = "Type a sentence and press Enter; Ctrl-D ends.";

/** `tag run`: tags its arguments, or the lines of stdin, with a trained model; many lines in batches, with progress. */
export async function runCommand(texts: readonly string[], options: RunOptions): Promise<void> {
	const {
		model: folder = defaultFolder(undefined, defaultName),
		attention,
		json = false,
		tokenized = false,
	} = options;
	const stored = await store.readModel(folder, options);
	const { settings, codec } = stored;
	await startBackend(options.backend);
	const model = buildModel(settings, codec);
	loadWeights(model.weights, stored);

	const answer = async (tagging: Tagging): Promise<void> => {
		if (json) return print(JSON.stringify(jsonOf(tagging, settings)));
		await print(inlineTags(tagging));
		const map = attention ? heatMap(lookMap(tagging)) : "";
		if (map !== "") await print(`\n${map}\n`);
	};
	const aloud = countAloud("sentences");
	for await (const group of texts.length > 0 ? [texts] : lineGroupsOfStdin(hint)) {
		await aloud.during(group.length, async () => {
			const sentences = group.map((text) => (tokenized ? text.split(/\s+/u).filter(Boolean) : wordsOf(text)));
			for (const tagging of await tagSentences(model, codec, sentences, { look: attention })) {
				await answer(tagging);
			}
		});
	}
	aloud.end();
	model.dispose();
}

/** Words and punctuation, each alone. */
function wordsOf(text: string): string[] {
	return wordTokenizer()
		.tokenize(text)
		.map((token) => token.replaceAll(joiner, ""));
}

/** A tagging with its spans, if the tags are of spans, and where the words looked as rows of numbers, one row per word. */
function jsonOf({ words, tags, weights }: Tagging, { task }: ModelSettings): object {
	const size = words.length;
	const row = (from: number): number[] => Array.from(weights?.subarray(from, from + size) ?? [], rounded);
	return {
		words,
		tags,
		...(task === "spans" && {
			spans: tagSpans(tags).map((span) => ({ ...span, text: words.slice(span.start, span.end).join(" ") })),
		}),
		...(weights && { attention: words.map((_, i) => row(i * size)) }),
	};
}
