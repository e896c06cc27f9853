import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { answerQuestions } from "./answer.ts";
import { startBackend } from "./backend.ts";
import { buildModel } from "./build-model.ts";
import type { RunOptions } from "./options.ts";
import { parseQuestion } from "./parse-question.ts";
import type { Reading } from "./reading.ts";
import { loadWeights, modelFile, readModel } from "./stored-model.ts";
import { heatMap, print } from "./terminal.ts";

/** `read run`: answers the questions of its arguments, or of stdin, with a trained model. */
export async function runCommand(texts: readonly string[], options: RunOptions): Promise<void> {
	const { model: folder = join("out", "stories"), attention, json = false } = options;
	const { settings, codec, weights } = await readModel(folder);
	const questions = (texts.length > 0 ? texts : await storiesOfStdin()).map(parseQuestion);
	await startBackend(options.backend);
	const model = buildModel(settings, codec);
	loadWeights(model.weights, weights, join(folder, modelFile));

	for (const question of questions) {
		const [reading] = await answerQuestions(model, codec, [question]);
		if (reading === undefined) continue;
		if (json) await print(JSON.stringify(jsonOf(reading)));
		else await print(reading.answer);
		if (!json && attention) await print(`\n${heatMap(reading)}\n`);
	}
	model.dispose();
}

/** The texts of stdin, with empty lines between them. */
async function storiesOfStdin(): Promise<string[]> {
	if (process.stdin.isTTY) console.error("Type a story and a sentence with XXXXX; Ctrl-D ends.");
	const all = await readAll(process.stdin);
	return all.split(/\r?\n(?:[^\S\n]*\r?\n)+/u).filter((story) => story.trim() !== "");
}

/** A reading with its attention as rows of numbers, one row for each of the query tokens. */
function jsonOf({ question, weights, ...rest }: Reading): object {
	const columns = rest.documentTokens.length;
	const attention = rest.queryTokens.map((_, row) =>
		Array.from(weights.subarray(row * columns, (row + 1) * columns), (weight) => Number(weight.toFixed(6))),
	);
	return { ...question, ...rest, attention };
}
