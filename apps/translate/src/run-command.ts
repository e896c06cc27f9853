import { defaultFolder, heatMap, linesOfStdin, loadWeights, print } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { buildModel } from "./build-model.ts";
import type { RunOptions } from "./options.ts";
import { defaultsOf } from "./settings.ts";
import { defaultName, store } from "./store.ts";
import { translate } from "./translate.ts";
import { alignmentMap, type Translation } from "./translation.ts";

const hint = "Type a text and press Enter; Ctrl-D ends.";

/** `translate run`: translates its arguments, or stdin line by line, with a trained model. */
export async function runCommand(texts: readonly string[], options: RunOptions): Promise<void> {
	const { model: folder = defaultFolder(undefined, defaultName), alignment, json = false } = options;
	const stored = await store.readModel(folder, options);
	const { settings, codec } = stored;
	await startBackend(options.backend);
	const model = buildModel(settings, codec);
	loadWeights(model.weights, stored);
	const { beam = defaultsOf(settings.task).run.beam } = options;

	for await (const text of texts.length > 0 ? texts : linesOfStdin(hint)) {
		const [translation] = await translate(model, codec, [text], {
			beam,
			maxLength: settings.maxLength,
			copy: settings.copy,
		});
		if (translation === undefined) continue;
		if (json) await print(JSON.stringify(jsonOf(translation)));
		else await print(text.trim() === "" ? "" : translation.target);
		if (!json && alignment && text.trim() !== "") await print(`\n${heatMap(alignmentMap(translation))}\n`);
	}
	model.dispose();
}

/** A translation with its alignment as rows of numbers, one row per target token. */
function jsonOf({ weights, ...rest }: Translation): object {
	const columns = rest.sourceTokens.length;
	const alignment = rest.targetTokens.map((_, row) =>
		Array.from(weights.subarray(row * columns, (row + 1) * columns), (weight) => Number(weight.toFixed(6))),
	);
	return { ...rest, alignment };
}
