import { join } from "node:path";
import {
	compareTrainings,
	defaultFolder,
	digestOf,
	type Finished,
	loadWeights,
	openTraining,
	print,
	say,
	textTable,
	typedCommand,
} from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { writeFileAtomically } from "@heed/io/node";
import { buildModel } from "./build-model.ts";
import { judgeFolders } from "./judge-folders.ts";
import { answerAll, type Look } from "./looks.ts";
import type { CompareOptions } from "./options.ts";
import { comparisonTable, formName, renderComparison } from "./report.ts";
import { describeScore, readScore, type ScoreJson, scoreJson } from "./score.ts";
import { attentionKinds, type Settings, settingsFor, taskName } from "./settings.ts";
import { store } from "./store.ts";
import { readVideos, type TaskData, taskData } from "./task-data.ts";
import { trainOne } from "./train-one.ts";
import type { VideoExample } from "./video.ts";
import type { AttentionKind } from "./video-qa-model.ts";

/** What is compared when nothing is said, from the least to the most. */
const comparedKinds: readonly AttentionKind[] = ["none", "temporal", "spatial", "both"];

/** A finished training of a comparison. */
interface Compared extends Finished<Settings> {
	readonly name: AttentionKind;
	readonly score: ScoreJson;
	readonly majority: ScoreJson;
}

/**
 * `video-qa compare`: trains a model for each kind of attention with the same videos, settings and seed, each in a folder of its own
 * below `--out`, and leaves a table of them. Those that are finished are not trained again; one that was stopped, or is to learn for
 * more epochs, goes on. Folders that are named are only judged.
 */
export async function compareCommand(folders: readonly string[], options: CompareOptions): Promise<void> {
	if (folders.length > 0) return judgeFolders(folders, options);
	const { attentions = comparedKinds, out: given, overwrite, ...shared } = options;
	const out = given ?? `${defaultFolder(options.data, "video-qa")}-compare`;
	const task = options.data === undefined ? "digits" : "folder";
	const again = typedCommand("video-qa compare", { ...options, overwrite: undefined });
	const { model, run } = settingsFor(task, shared);
	let known: TaskData | undefined;
	const data = (): TaskData => {
		known ??= taskData(model, run.heldOut, options.data);
		return known;
	};
	if (task === "folder") data(); // what is wrong with it is said before anything is made or removed
	const rows = await compareTrainings({
		...{ store, out, overwrite, describe: taskName },
		candidates: attentions.map((attention) => ({
			name: attention,
			settings: settingsFor(task, { ...shared, attention }),
		})),
		isOne: ({ name, score, majority }: Partial<Compared>) =>
			attentionKinds.some((kind) => kind === name) && score !== undefined && majority !== undefined,
		check: (stored) => {
			if (task === "digits") return; // they follow from the settings
			store.checkSameData(stored, data().codec, digestOf([data().train, data().dev]));
		},
		train: async ({ name, settings, out: path, resume }) => {
			const { backend } = options;
			const training = await openTraining(
				store,
				{ out: path, backend, ...(resume && { resume }) },
				path,
				again,
			);
			const { verdict, trained } = await trainOne(training, settings, data(), options);
			const score = scoreJson(verdict.score);
			say(`${formName(name)}: ${describeScore(verdict.score)}.`);
			const majority = scoreJson(verdict.majority);
			return { name, settings, weights: trained.weights, minutes: training.minutes(), score, majority };
		},
	});
	const [first] = rows;
	if (first === undefined) return;
	const scored = rows.map(({ name, score, ...row }) => ({
		...row,
		name: formName(name),
		score: readScore(score),
	}));
	const table = comparisonTable(scored, readScore(first.majority));
	const shown = (known ?? readVideos({ ...model, videos: 0 }, run.samples, options.data)).test;
	const report = join(out, "report.html");
	await startBackend(options.backend);
	const looks = [];
	for (const { name } of rows) {
		looks.push([formName(name), await looksOf(join(out, name), shown.slice(0, run.samples))] as const);
	}
	await writeFileAtomically(report, renderComparison(table, looks));
	await print(`${textTable([table.columns, ...table.rows], { align: "right" })}\nReport: ${report}`);
}

/** What a trained model says about some videos, and where it looks. */
async function looksOf(folder: string, examples: readonly VideoExample[]): Promise<Look[][]> {
	const stored = await store.readModel(folder);
	const model = buildModel(stored.settings, stored.codec);
	loadWeights(model.weights, stored);
	const looks = await answerAll(model, stored.codec, examples);
	model.dispose();
	return examples.map(({ video }) => looks.filter((look) => look.video === video));
}
