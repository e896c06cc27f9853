import { writeFileAtomically } from "@heed/io/node";
import {
	checkpointOnInterrupt,
	jsonlLog,
	readLossCurve,
	saveCheckpoints,
	terminalProgress,
} from "@heed/train/node";
import { startBackend } from "./backend.ts";
import { buildModel, countWeights } from "./build-model.ts";
import { judge } from "./judge.ts";
import type { TrainOptions } from "./options.ts";
import { checkFolder, defaultFolder, outputFolder, prepareFolder } from "./output-folder.ts";
import { renderReport } from "./report.ts";
import { checkpointConfig, readTraining } from "./resume.ts";
import { percentOf, type Score } from "./score.ts";
import { resumedSettings, settingsFor } from "./settings.ts";
import { writeModel } from "./stored-model.ts";
import { taskData } from "./task-data.ts";
import { heatMap, print } from "./terminal.ts";
import { trainModel } from "./train-model.ts";
import { InterruptedError } from "./user-error.ts";

/**
 * `read train`: trains a reader, judges it on held-out questions, and leaves its folder with a checkpoint, the model,
 * the metrics and a report. Progress goes to stderr, results to stdout.
 */
export async function trainCommand(options: TrainOptions): Promise<void> {
	const started = performance.now();
	const task = options.data === undefined ? "stories" : "file";
	const folder = outputFolder(options.out ?? defaultFolder(options.data));
	await checkFolder(folder, options);
	const stored = options.resume ? await readTraining(folder.checkpoint) : undefined;
	const settings =
		stored === undefined
			? settingsFor(task, options)
			: resumedSettings(stored.settings, task, options, folder.path);
	const data = taskData(settings.model, options.data, stored?.codec);
	await prepareFolder(folder);
	await startBackend(options.backend);
	const model = buildModel(settings.model, data.codec);

	const say = (line: string): void => console.error(line);
	const sets = data.judged.map(({ name, questions }) => `${questions.length} about ${name}`).join(", ");
	say(
		`${data.train.length} questions to learn from, ${data.validation.length} to decide when to stop, ${sets}; ` +
			`${countWeights(model)} weights.`,
	);
	if (data.left > 0) say(`${data.left} questions are too long, or have no answer in their story: left out.`);
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
		throw new InterruptedError(`interrupted. Go on with: read train ${again}`);
	}

	say("Answering held-out questions …");
	const verdict = await judge(model, data, settings);
	const minutes = (performance.now() - started) / 60_000;
	const report = renderReport({
		...verdict,
		settings,
		curve: await readLossCurve(folder.metrics),
		bestEpoch: best?.epoch ?? history.length,
		facts: [
			["training questions", data.train.length],
			["weights", countWeights(model)],
			["epochs", best === undefined ? history.length : `${history.length}, best ${best.epoch}`],
			["minutes, this run", minutes.toFixed(1)],
		],
	});
	await writeFileAtomically(folder.report, report);
	model.dispose();

	for (const sample of verdict.samples) await print(`${heatMap(sample)}\n`);
	for (const score of verdict.scores) await print(linesOf(score));
	await print(`after ${minutes.toFixed(1)} minutes`);
	await print(`Report: ${folder.report}\nAsk with: read run --model ${folder.path}`);
}

/** The score of a set, and below it that of each kind of question. */
function linesOf(score: Score): string {
	const first = `${score.name}: ${percentOf(score)}`;
	if (score.kinds.length < 2) return first;
	const width = Math.max(...score.kinds.map(({ kind }) => kind.length));
	return [first, ...score.kinds.map((of) => `  ${of.kind.padEnd(width)}  ${percentOf(of)}`)].join("\n");
}

/** The options that go on with this training: what a checkpoint does not keep has to be said again. */
function resumeOptions(folder: string, options: TrainOptions): string {
	const again = ["data", "epochs", "patience", "samples"] as const;
	const given = again
		.filter((name) => options[name] !== undefined)
		.map((name) => ` --${name} ${options[name]}`);
	return `--resume --out ${folder}${given.join("")}`;
}
