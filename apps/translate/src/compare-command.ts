import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
	checkFolder,
	InterruptedError,
	kebab,
	outputFolder,
	prepareFolder,
	print,
	say,
	typedCommand,
	UserError,
} from "@heed/command-line";
import { recurrentOptions } from "./check-together.ts";
import {
	type Comparison,
	type ComparisonFiles,
	comparisonFiles,
	type Entry,
	entryOf,
	readComparison,
	writeComparison,
} from "./comparison.ts";
import { comparisonTable } from "./comparison-report.ts";
import { attentionNames } from "./mechanisms.ts";
import type { CompareOptions, TrainOptions } from "./options.ts";
import { readGold } from "./read-gold.ts";
import { modelName, modelNames, type Settings, settingsFor } from "./settings.ts";
import { taskData } from "./task-data.ts";
import { scoreLines, trainTranslator } from "./train-translator.ts";

/**
 * `translate compare`: trains a translator for each mechanism and model with the same seed and data, and leaves a table of
 * them. Those that are finished are not trained again, and one that was stopped goes on.
 */
export async function compareCommand(options: CompareOptions): Promise<void> {
	const task = options.data === undefined ? "dates" : "pairs";
	const candidates = candidatesOf(options, task);
	const files = comparisonFiles(options.out);
	const stored = options.overwrite === true ? undefined : await readComparison(files);
	for (const { name, settings } of candidates) {
		const entry = stored?.entries.find((done) => done.name === name);
		if (entry !== undefined) checkSame(entry, settings, options);
		else if (stored === undefined) {
			await checkFolder(outputFolder(join(options.out, name)), { overwrite: options.overwrite === true });
		}
	}
	const [first] = candidates;
	if (first !== undefined) {
		// Read once before anything is overwritten: what is wrong with the data is said now.
		readGold({ ...options, reverse: first.settings.model.reverse }, task);
		const { train, validation, heldOut } = taskData(first.settings.model, options.data);
		const pairs = [train, validation, heldOut].map(({ length }) => length).join(" + ");
		const other = stored?.entries.find((entry) => entry.pairs.join(" + ") !== pairs);
		if (other !== undefined) {
			throw new UserError(
				`${options.out} compares translators of other data: ${other.name} has ${other.pairs.join(" + ")} pairs, ` +
					`${pairs} came. Choose another --out, or start anew with --overwrite.`,
			);
		}
	}
	const again = typedCommand("translate compare", { ...options, overwrite: undefined });
	let comparison = stored ?? (await begin(files, task, candidates));
	for (const [i, { name, given, settings }] of candidates.entries()) {
		const place = `[${i + 1}/${candidates.length}] ${name}`;
		if (comparison.entries.some((entry) => entry.name === name && entry.finished)) {
			say(`${place}: finished before.`);
			continue;
		}
		say(`${place}:`);
		const before = comparison.entries.find((entry) => entry.name === name);
		const resume = existsSync(outputFolder(given.out).checkpoint);
		const outcome = await trainTranslator({ ...given, ...settings.run, ...(resume && { resume }) }, again);
		const entry = entryOf(name, outcome, before);
		const others = comparison.entries.filter((done) => done.name !== name);
		comparison = { ...comparison, entries: [...others, entry] };
		await writeComparison(files, comparison);
		if (outcome.verdict === undefined) {
			throw new InterruptedError(`interrupted. Go on with: ${again}`);
		}
		say(`${place}: ${scoreLines(outcome.verdict).join("; ")}`);
	}
	await print(comparisonTable(comparison));
	await print(`Report: ${files.report}`);
}

interface Candidate {
	readonly name: string;
	readonly settings: Settings;
	readonly given: TrainOptions & { readonly out: string };
}

/** Who takes part, each with the options of its training. */
function candidatesOf(options: CompareOptions, task: Comparison["task"]): Candidate[] {
	const { attention, model, out, overwrite: _, ...shared } = options;
	const recurrent = attention !== undefined || recurrentOptions.some((name) => name in shared);
	const models = model ?? (recurrent ? (["rnn"] as const) : modelNames);
	if (attention !== undefined && !models.includes("rnn")) {
		throw new UserError(
			`--attention does not go with --model ${models.join(",")}, only with rnn. Leave it out.`,
		);
	}
	const { embedding: _size, ...withoutEmbedding } = shared; // a Transformer has none of its own
	return models
		.flatMap((kind): Omit<TrainOptions, "out">[] =>
			kind === "rnn"
				? (attention ?? attentionNames).map((name) => ({ ...shared, attention: name }))
				: [{ ...(kind === "transformer" ? withoutEmbedding : shared), model: kind }],
		)
		.map((given) => {
			const settings = settingsFor(task, given);
			const name = modelName(settings.model);
			return { name, settings, given: { ...given, out: join(out, name) } };
		});
}

/** Begins anew: without the checkpoints of an older comparison, or this one, if it is stopped, would go on with them. */
async function begin(
	files: ComparisonFiles,
	task: Comparison["task"],
	candidates: readonly Candidate[],
): Promise<Comparison> {
	await rm(files.data, { force: true });
	for (const { given } of candidates) {
		const { checkpoint, model } = outputFolder(given.out);
		for (const old of [checkpoint, model]) await rm(old, { force: true });
	}
	await prepareFolder(outputFolder(files.folder));
	const comparison: Comparison = { task, entries: [] };
	await writeComparison(files, comparison);
	return comparison;
}

/** Refuses to go on with other settings than those of what is there. */
function checkSame({ name, settings }: Entry, asked: Entry["settings"], { out }: CompareOptions): void {
	const there: Record<string, unknown> = { ...settings.model, ...settings.run };
	const here: Record<string, unknown> = { ...asked.model, ...asked.run };
	const other = Object.keys(here).find((key) => there[key] !== here[key]);
	if (other === undefined) return;
	throw new UserError(
		`${out} holds a comparison with other settings: --${kebab(other)} is ${there[other]} for ${name}, ${here[other]} came. ` +
			"Give the same, start anew with --overwrite, or choose another --out.",
	);
}
