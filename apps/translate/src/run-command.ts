import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { startBackend } from "./backend.ts";
import { buildModel } from "./build-model.ts";
import type { RunOptions } from "./options.ts";
import { defaultsOf } from "./settings.ts";
import { loadWeights, modelFile, readModel } from "./stored-model.ts";
import { heatMap, print } from "./terminal.ts";
import { translate } from "./translate.ts";
import type { Translation } from "./translation.ts";

/** `translate run`: translates its arguments, or stdin line by line, with a trained model. */
export async function runCommand(texts: readonly string[], options: RunOptions): Promise<void> {
	const { model: folder = join("out", "dates"), alignment, json = false } = options;
	const { settings, codec, weights } = await readModel(folder);
	await startBackend(options.backend);
	const model = buildModel(settings, codec);
	loadWeights(model.weights, weights, join(folder, modelFile));
	const { beam = defaultsOf(settings.task).run.beam } = options;

	for await (const text of texts.length > 0 ? texts : linesOfStdin()) {
		const [translation] = await translate(model, codec, [text], {
			beam,
			maxLength: settings.maxLength,
			copy: settings.copy,
		});
		if (translation === undefined) continue;
		if (json) await print(JSON.stringify(jsonOf(translation)));
		else await print(text.trim() === "" ? "" : translation.target);
		if (!json && alignment && text.trim() !== "") await print(`\n${heatMap(translation)}\n`);
	}
	model.dispose();
}

async function* linesOfStdin(): AsyncGenerator<string> {
	if (process.stdin.isTTY) console.error("Type a text and press Enter; Ctrl-D ends.");
	yield* createInterface({ input: process.stdin, terminal: false });
}

/** A translation with its alignment as rows of numbers, one row per target token. */
function jsonOf({ weights, ...rest }: Translation): object {
	const columns = rest.sourceTokens.length;
	const alignment = rest.targetTokens.map((_, row) =>
		Array.from(weights.subarray(row * columns, (row + 1) * columns), (weight) => Number(weight.toFixed(6))),
	);
	return { ...rest, alignment };
}
