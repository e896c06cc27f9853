import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import {
	checkFolder,
	clearFolder,
	defaultFolder,
	digestOf,
	loadWeights,
	type OutputFolder,
	openTraining,
	outputFolder,
	prepareFolder,
	print,
	say,
	textTable,
	typedCommand,
} from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import type { ImageSets } from "@heed/command-line/digits";
import { writeFileAtomically } from "@heed/io/node";
import { readLossCurve } from "@heed/train/node";
import type { Attention } from "./attention-choice.ts";
import { buildClassifier, shapeOf } from "./classifier.ts";
import { type ComparedAttention, comparisonTable, renderComparison } from "./compare-report.ts";
import { compareRow } from "./comparison.ts";
import type { CompareOptions } from "./options.ts";
import { clearOutcome, type Outcome, readOutcome } from "./outcome.ts";
import { accuracyText } from "./report-parts.ts";
import { chooseSamples, type Sample, samplesOf } from "./samples.ts";
import { resumedSettings, type Settings, settingsFor } from "./settings.ts";
import { stepTimes } from "./step-time.ts";
import { store } from "./store.ts";
import { readPictures, taskData } from "./task-data.ts";
import { trainOne } from "./train-one.ts";

/**
 * `classify compare`: trains one network for each attention and seed, those that are done already excepted, and writes one
 * report. Every training has a folder of its own below `--out`, as `classify train` makes it.
 */
export async function compareCommand(options: CompareOptions): Promise<void> {
	const out = options.out ?? join("out", `compare-${basename(defaultFolder(options.data, "digits"))}`);
	const { attentions, seeds = [Number(options.seed ?? 1)], overwrite = false, backend } = options;
	const task = options.data === undefined ? "digits" : "files";
	const candidates = seeds.flatMap((seed) =>
		attentions.map((attention): Candidate => {
			const settings = settingsFor(task, { ...options, attention, seed });
			return { settings, folder: outputFolder(folderOf(out, { attention, seed })) };
		}),
	);
	const sets = readPictures(options); // what is wrong with the data is said before anything is made or removed
	for (const candidate of overwrite ? [] : candidates) await checkSame(candidate, sets, options);
	await startBackend(backend);
	await prepareFolder({ path: out });
	for (const { folder } of overwrite ? candidates : []) {
		await clearFolder(folder);
		await clearOutcome(folder.path);
	}
	const outcomes = new Map<Attention, Outcome[]>(attentions.map((attention) => [attention, []]));
	for (const candidate of candidates) {
		const outcome = await outcomeOf(candidate, sets, options);
		outcomes.get(candidate.settings.model.attention)?.push(outcome);
	}
	say("Comparing …");
	const rows = await comparedRows(out, outcomes, sets);
	const report = join(out, "report.html");
	await writeFileAtomically(report, renderComparison(rows));
	const { columns, rows: lines } = comparisonTable(rows);
	await print(textTable([columns, ...lines]));
	await print(`Report: ${report}`);
}

/** Who takes part. */
interface Candidate {
	readonly settings: Settings;
	readonly folder: OutputFolder;
}

/** Refuses to go on with other settings or data than those of what is there. */
async function checkSame(
	{ settings, folder }: Candidate,
	sets: ImageSets,
	options: CompareOptions,
): Promise<void> {
	const resume = existsSync(folder.checkpoint);
	await checkFolder(folder, { resume });
	if (!resume) return;
	const stored = await store.readTraining(folder.checkpoint);
	resumedSettings(stored, settings.model.task, settings.model, folder.path);
	const { codec, train, dev } = taskData(sets, settings.model.limit, options, stored.codec);
	store.checkSameData(stored, codec, digestOf([train, dev]));
}

/** What one training comes to: it is done, goes on or begins. */
async function outcomeOf(
	{ settings, folder }: Candidate,
	sets: ImageSets,
	options: CompareOptions,
): Promise<Outcome> {
	const { attention, seed } = settings.model;
	const resume = existsSync(folder.checkpoint);
	const done = resume ? readOutcome(folder.path) : undefined;
	const { epochs, patience } = settings.run;
	if (done?.settings.run.epochs === epochs && done.settings.run.patience === patience) {
		say(`${attention}, seed ${seed}: done already, ${accuracyText(done)}.`);
		return done;
	}
	const again = typedCommand("classify compare", { ...options, overwrite: undefined });
	const training = await openTraining(
		store,
		{ resume, backend: options.backend, out: folder.path },
		folder.path,
		again,
	);
	const data = taskData(sets, settings.model.limit, options, training.stored?.codec);
	const { outcome } = await trainOne(training, settings, data);
	say(`${attention}, seed ${seed}: ${accuracyText(outcome)}.`);
	return outcome;
}

async function comparedRows(
	out: string,
	outcomes: ReadonlyMap<Attention, readonly Outcome[]>,
	{ train, test }: ImageSets,
): Promise<ComparedAttention[]> {
	const all = [...outcomes].flatMap(([attention, [first, ...more]]) =>
		first === undefined ? [] : [{ attention, first, own: [first, ...more] }],
	);
	const { batchSize = 1 } = all[0]?.first.settings.model ?? {};
	const shapes = all.map(({ first }) => shapeOf(first.settings.model, first.codec));
	const times = await stepTimes(shapes, train, batchSize);
	const correct = Array.from(test.labels, (label, i) =>
		all.every(({ first }) => first.predicted[i] === label),
	);
	const { right, wrong } = chooseSamples(test.labels, correct, all[0]?.first.settings.run.samples ?? 0);
	const baseline = outcomes.get("none");
	const rows: ComparedAttention[] = [];
	for (const [i, { attention, first, own }] of all.entries()) {
		const folder = outputFolder(folderOf(out, { attention, seed: first.settings.model.seed }));
		const against = attention === "none" || !baseline ? undefined : { baseline, labels: test.labels };
		rows.push({
			...compareRow(own, times[i] ?? Number.NaN, against),
			attention,
			curve: await readLossCurve(folder.metrics),
			samples: await storedSamples(folder.path, test, [...wrong, ...right]),
		});
	}
	return rows;
}

/** What a model that was trained before sees in some pictures. */
async function storedSamples(
	folder: string,
	test: ImageSets["test"],
	indices: readonly number[],
): Promise<Sample[]> {
	const stored = await store.readModel(folder);
	const model = buildClassifier(shapeOf(stored.settings, stored.codec));
	loadWeights(model.weights, stored);
	const samples = await samplesOf(model, test, indices);
	model.dispose();
	return samples;
}

function folderOf(out: string, { attention, seed }: { attention: Attention; seed: number }): string {
	return join(out, `${attention}-${seed}`);
}
