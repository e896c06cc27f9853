import type { TrainOptions } from "./options.ts";
import { kebab } from "./settings.ts";
import { heatMap, print } from "./terminal.ts";
import { scoreLines, trainTranslator } from "./train-translator.ts";
import { InterruptedError } from "./user-error.ts";

/**
 * `translate train`: trains a translator, judges it on held-out texts, and leaves its folder with a checkpoint, the
 * model, the metrics and a report. Progress goes to stderr, results to stdout.
 */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const { folder, minutes, verdict } = await trainTranslator(options);
	if (verdict === undefined) {
		const again = resumeOptions(folder.path, options);
		throw new InterruptedError(`interrupted. Go on with: translate train ${again}`);
	}
	for (const sample of verdict.samples) await print(`${heatMap(sample)}\n`);
	const [score, ...others] = scoreLines(verdict);
	for (const line of [`${score}, after ${minutes.toFixed(1)} minutes`, ...others]) await print(line);
	await print(`Report: ${folder.report}\nTranslate with: translate run --model ${folder.path}`);
}

/** The options that go on with this training: what a checkpoint does not keep has to be said again. */
function resumeOptions(folder: string, options: TrainOptions): string {
	const again = [
		"data",
		"alignments",
		"alignData",
		"alignFrom",
		"epochs",
		"patience",
		"beam",
		"samples",
	] as const;
	const given = again
		.filter((name) => options[name] !== undefined)
		.map((name) => ` --${kebab(name)} ${options[name]}`);
	return `--resume --out ${folder}${given.join("")}`;
}
