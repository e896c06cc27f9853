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
import { buildModel } from "./build-model.ts";
import type { RunOptions } from "./options.ts";
import { defaultsOf } from "./settings.ts";
import { defaultName, store } from "./store.ts";
import { translate } from "./translate.ts";
import { alignmentMap, type Translation } from "./translation.ts";

const hint = "Type a text and press Enter; Ctrl-D ends.";

/** `translate run`: translates its arguments, or the lines of stdin, with a trained model; many in batches, with progress. */
export async function runCommand(texts: readonly string[], options: RunOptions): Promise<void> {
	const { model: folder = defaultFolder(undefined, defaultName), alignment, json = false } = options;
	const stored = await store.readModel(folder, options);
	const { settings, codec } = stored;
	await startBackend(options.backend);
	const model = buildModel(settings, codec);
	loadWeights(model.weights, stored);
	const { beam = defaultsOf(settings.task).run.beam } = options;

	const { maxLength, copy } = settings;
	const answer = async (translation: Translation): Promise<void> => {
		if (json) return print(JSON.stringify(jsonOf(translation)));
		const isEmpty = translation.source.trim() === "";
		await print(isEmpty ? "" : translation.target);
		if (alignment && !isEmpty) await print(`\n${heatMap(alignmentMap(translation))}\n`);
	};
	const aloud = countAloud("texts");
	for await (const group of texts.length > 0 ? [texts] : lineGroupsOfStdin(hint)) {
		await aloud.during(group.length, async () => {
			for (const translation of await translate(model, codec, group, { beam, maxLength, copy })) {
				await answer(translation);
			}
		});
	}
	aloud.end();
	model.dispose();
}

/** A translation with its alignment as rows of numbers, one row per target token. */
function jsonOf({ weights, ...rest }: Translation): object {
	const columns = rest.sourceTokens.length;
	const alignment = rest.targetTokens.map((_, row) =>
		Array.from(weights.subarray(row * columns, (row + 1) * columns), rounded),
	);
	return { ...rest, alignment };
}
