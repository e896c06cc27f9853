import { defaultFolder, heatMap, loadWeights, print, rounded, textOfStdin } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { answerQuestions } from "./answer.ts";
import { buildModel } from "./build-model.ts";
import type { RunOptions } from "./options.ts";
import { parseQuestion } from "./parse-question.ts";
import { type Reading, sentenceMap } from "./reading.ts";
import { defaultName, store } from "./store.ts";

/** `read run`: answers the questions of its arguments, or of stdin, with a trained model. */
export async function runCommand(texts: readonly string[], options: RunOptions): Promise<void> {
	const { model: folder = defaultFolder(undefined, defaultName), attention, json = false } = options;
	const stored = await store.readModel(folder, options);
	const { settings, codec } = stored;
	const questions = (texts.length > 0 ? texts : await storiesOfStdin()).map(parseQuestion);
	await startBackend(options.backend);
	const model = buildModel(settings, codec);
	loadWeights(model.weights, stored);

	for (const question of questions) {
		const [reading] = await answerQuestions(model, codec, [question]);
		if (reading === undefined) continue;
		if (json) await print(JSON.stringify(jsonOf(reading)));
		else await print(reading.answer);
		if (!json && attention) await print(`\n${heatMap(sentenceMap(reading))}\n`);
	}
	model.dispose();
}

/** The texts of stdin, with empty lines between them. */
async function storiesOfStdin(): Promise<string[]> {
	const all = await textOfStdin("Type a story and a sentence with XXXXX; Ctrl-D ends.");
	return all.split(/\r?\n(?:[^\S\n]*\r?\n)+/u).filter((story) => story.trim() !== "");
}

/** A reading with its attention as rows of numbers, one row for each of the query tokens. */
function jsonOf({ question, weights, ...rest }: Reading): object {
	const columns = rest.documentTokens.length;
	const attention = rest.queryTokens.map((_, row) =>
		Array.from(weights.subarray(row * columns, (row + 1) * columns), rounded),
	);
	return { ...question, ...rest, attention };
}
