import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import {
	defaultFolder,
	loadWeights,
	outputFolder,
	prepareFolder,
	print,
	say,
	typedCommand,
} from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import type { ImageSets } from "@heed/command-line/digits";
import { writeFileAtomically } from "@heed/io/node";
import { readLossCurve } from "@heed/train/node";
import type { Attention } from "./attention-choice.ts";
import { buildClassifier } from "./classifier.ts";
import { type ComparedAttention, comparisonTable, renderComparison } from "./compare-report.ts";
import { compareRow } from "./comparison.ts";
import type { CompareOptions } from "./options.ts";
import { type Outcome, readOutcome } from "./outcome.ts";
import { accuracyText } from "./report-parts.ts";
import { chooseSamples, type Sample, samplesOf } from "./samples.ts";
import { resumedSettings, settingsFor } from "./settings.ts";
import { stepTimes } from "./step-time.ts";
import { store } from "./store.ts";
import { readPictures, taskData } from "./task-data.ts";
import { shapeOf, trainOne } from "./train-one.ts";
import { writeReport } from "./write-report.ts";

/**
 * `classify compare`: trains one network for each attention and seed, those that are done already excepted, and writes one
 * report. Every training has a folder of its own below `--out`, as `classify train` makes it.
 */
export async function compareCommand(options: CompareOptions): Promise<void> {
	const out = options.out ?? join("out", `compare-${basename(defaultFolder(options.data, "digits"))}`);
	const { attentions, seeds = [Number(options.seed ?? 1)], backend } = options;
	const sets = readPictures(options);
	await startBackend(backend);
	await prepareFolder({ path: out });

	const outcomes = new Map<Attention, Outcome[]>(attentions.map((attention) => [attention, []]));
	for (const seed of seeds) {
		for (const attention of attentions) {
			outcomes.get(attention)?.push(await outcomeOf({ attention, seed }, out, sets, options));
		}
	}
	say("Comparing …");
	const rows = await comparedRows(out, outcomes, sets);
	const report = join(out, "report.html");
	await writeFileAtomically(report, renderComparison(rows));
	await print(textOf(comparisonTable(rows)));
	await print(`Report: ${report}`);
}

/** What one training comes to: it is done, goes on or begins. */
async function outcomeOf(
	chosen: { readonly attention: Attention; readonly seed: number },
	out: string,
	sets: ImageSets,
	options: CompareOptions,
): Promise<Outcome> {
	const { attention, seed } = chosen;
	const folder = outputFolder(folderOf(out, chosen));
	const task = options.data === undefined ? "digits" : "files";
	const wanted = settingsFor(task, { ...options, ...chosen });
	const isThere = options.overwrite !== true && existsSync(folder.checkpoint);
	const stored = isThere ? await store.readTraining(folder.checkpoint) : undefined;
	const given = { ...wanted.model, ...wanted.run };
	const settings = stored === undefined ? wanted : resumedSettings(stored.settings, task, given, folder.path);
	const data = taskData(sets, settings.model.limit, options, stored?.codec);
	const done = stored && readOutcome(folder.path);
	if (done !== undefined && done.settings.run.epochs === settings.run.epochs) {
		say(`${attention}, seed ${seed}: done already, ${accuracyText(done)}.`);
		return done;
	}
	await prepareFolder(folder);
	const { model, outcome } = await trainOne({
		...{ settings, data, folder, state: stored?.state },
		again: typedCommand("classify compare", { ...options, overwrite: undefined, out }),
	});
	await writeReport(folder, model, { outcome, data });
	model.dispose();
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

/** A table for a terminal. */
function textOf({ columns, rows }: ReturnType<typeof comparisonTable>): string {
	const lines = [columns, ...rows].map((row) => row.map(String));
	const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
	return lines
		.map((line) =>
			line
				.map((cell, i) => cell.padEnd(widths[i] ?? 0))
				.join("  ")
				.trimEnd(),
		)
		.join("\n");
}
