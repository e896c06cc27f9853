import { heatMap, InterruptedError, print, typedCommand } from "@heed/command-line";
import type { TrainOptions } from "./options.ts";
import { scoreLines, trainTranslator } from "./train-translator.ts";
import { alignmentMap } from "./translation.ts";

/**
 * `translate train`: trains a translator, judges it on held-out texts, and leaves its folder with a checkpoint, the
 * model, the metrics and a report. Progress goes to stderr, results to stdout.
 */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const { folder, processorMinutes, verdict, again } = await trainTranslator(options);
	if (verdict === undefined) throw new InterruptedError(`interrupted. Go on with: ${again}`);
	for (const sample of verdict.samples) await print(`${heatMap(alignmentMap(sample))}\n`);
	const [score, ...others] = scoreLines(verdict);
	await print(`${score}, after ${processorMinutes.toFixed(1)} minutes of the processor`);
	for (const line of others) await print(line);
	const run = typedCommand("translate run", { model: folder.path, backend: options.backend });
	await print(`Report: ${folder.report}\nTranslate with: ${run} "A text"`);
}
