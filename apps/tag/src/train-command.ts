import { writeFileAtomically } from "@heed/io/node";
import type { Tagger } from "@heed/nlp";
import {
	checkpointOnInterrupt,
	jsonlLog,
	readLossCurve,
	saveCheckpoints,
	terminalProgress,
} from "@heed/train/node";
import { startBackend } from "./backend.ts";
import { judge } from "./judge.ts";
import type { TrainOptions } from "./options.ts";
import { checkFolder, defaultFolder, outputFolder, prepareFolder } from "./output-folder.ts";
import { renderReport } from "./report.ts";
import { checkpointConfig, readTraining } from "./resume.ts";
import { resumedSettings, settingsFor } from "./settings.ts";
import { writeModel } from "./stored-model.ts";
import { buildModel } from "./tag-sentences.ts";
import { inlineTags } from "./tagging.ts";
import { readSentences, taskData } from "./task-data.ts";
import { heatMap, print } from "./terminal.ts";
import { trainModel } from "./train-model.ts";
import { InterruptedError } from "./user-error.ts";

/**
 * `tag train`: trains a tagger, judges it on held-out sentences, and leaves its folder with a checkpoint, the model, the
 * metrics and a report. Progress goes to stderr, results to stdout.
 */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const started = performance.now();
	const folder = outputFolder(options.out ?? defaultFolder(options.data));
	await checkFolder(folder, options);
	const stored = options.resume ? await readTraining(folder.checkpoint) : undefined;
	const { wordColumn, tagColumn } = stored?.settings ?? options;
	const columns = {
		...(wordColumn !== undefined && { wordColumn }),
		...(tagColumn !== undefined && { tagColumn }),
	};
	const sentences = readSentences({ ...options, ...columns });
	const settings =
		stored === undefined
			? settingsFor(sentences.task, options)
			: resumedSettings(stored.settings, sentences.task, options, folder.path);
	const data = taskData(settings.model, sentences, stored?.codec);
	await startBackend(options.backend);
	const model = buildModel(settings.model, data.codec);
	await prepareFolder(folder);

	const say = (line: string): void => console.error(line);
	say(
		`${data.train.length} sentences to learn from, ${data.devSentences.length} to decide when to stop, ` +
			`${data.heldOut.length} held out; ${data.codec.tags.length} tags; ${countWeights(model)} weights.`,
	);
	const { history, reason, best } = await trainModel(model, data, {
		settings,
		config: checkpointConfig(settings.model, data.codec),
		state: stored?.state,
		observers: [
			terminalProgress(),
			jsonlLog(folder.metrics, { everySteps: Math.ceil(data.train.length / settings.model.batchSize / 20) }),
			saveCheckpoints(folder.checkpoint),
			checkpointOnInterrupt(folder.checkpoint, say),
		],
	});
	await writeModel(folder.path, settings.model, data.codec, model.weights);
	if (reason === "interrupted") {
		const again = resumeOptions(folder.path, options);
		throw new InterruptedError(`interrupted. Go on with: tag train ${again}`);
	}

	say(`Tagging ${data.heldOut.length} held-out sentences …`);
	const verdict = await judge(model, data, settings);
	const minutes = (performance.now() - started) / 60_000;
	const report = renderReport({
		...verdict,
		settings,
		curve: await readLossCurve(folder.metrics),
		bestEpoch: best?.epoch ?? history.length,
		facts: [
			["training sentences", data.train.length],
			["held-out sentences", data.heldOut.length],
			["tags", data.codec.tags.length],
			["weights", countWeights(model)],
			["epochs", best === undefined ? history.length : `${history.length}, best ${best.epoch}`],
			["minutes, this run", minutes.toFixed(1)],
		],
	});
	await writeFileAtomically(folder.report, report);
	model.dispose();

	for (const sample of verdict.samples) {
		await print(`${inlineTags(sample)}\n`);
		const map = heatMap(sample);
		if (map !== "") await print(`${map}\n`);
	}
	await print(`held-out ${verdict.score.text}, after ${minutes.toFixed(1)} minutes`);
	await print(`Report: ${folder.report}\nTag with: tag run --model ${folder.path} "A sentence ."`);
}

/** The options that go on with this training: what a checkpoint does not keep has to be said again. */
function resumeOptions(folder: string, options: TrainOptions): string {
	const again = ["data", "dev", "test", "epochs", "patience", "samples"] as const;
	const given = again
		.filter((name) => options[name] !== undefined)
		.map((name) => ` --${name} ${options[name]}`);
	return `--resume --out ${folder}${given.join("")}`;
}

function countWeights(model: Tagger): number {
	return [...model.weights.values()].reduce((sum, { size }) => sum + size, 0);
}
