import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { clearFolder, kebab, outputFolder, print, say, typedCommand, UserError } from "@heed/command-line";
import { writeFileAtomically } from "@heed/io/node";
import { comparisonText, renderComparison } from "./compare-report.ts";
import { type Compared, readComparison, writeComparison } from "./comparison.ts";
import { describeSamples } from "./describe-samples.ts";
import { type Sample, scoreText } from "./judge.ts";
import type { CompareOptions } from "./options.ts";
import { type AttentionName, type ComparedName, type Settings, settingsFor } from "./settings.ts";
import { trainCaptioner } from "./train-captioner.ts";

/**
 * `caption compare`: trains a captioner for each attention with the same data and seed, each in a folder of its own below `--out`,
 * and leaves a table of them. Those that are finished are not trained again; one that was stopped, or is to learn for more epochs,
 * goes on.
 */
export async function compareCommand(options: CompareOptions): Promise<void> {
	const { attentions, overwrite = false, ...shared } = options;
	const { out } = options;
	const file = join(out, "comparison.json");
	const task = options.data === undefined ? "scenes" : "pictures";
	const again = typedCommand("caption compare", { ...options, overwrite: undefined });
	const candidates = attentions.map((name) => {
		const order = name.startsWith("sca") && { order: name === "sca" ? ("cs" as const) : ("sc" as const) };
		const attention = (name === "sca-sc" ? "sca" : name) as AttentionName;
		const given = { ...shared, attention, ...order, out: join(out, name) };
		return { name, given, folder: outputFolder(given.out), settings: settingsFor(task, given) };
	});
	let done = overwrite ? [] : readComparison(file);
	for (const { name, settings } of candidates) checkSame(done, name, settings, out);
	if (overwrite) {
		await rm(file, { force: true });
		for (const { folder } of candidates) await clearFolder(folder);
	}
	for (const [i, { name, given, folder, settings: asked }] of candidates.entries()) {
		const place = `[${i + 1}/${candidates.length}] ${name}`;
		const before = done.find((one) => one.name === name);
		if (before?.settings.run.epochs === asked.run.epochs) {
			say(`${place}: finished before.`);
			continue;
		}
		say(`${place}:`);
		const resume = existsSync(folder.checkpoint) && { resume: true as const };
		const { settings, verdict, weights, minutes } = await trainCaptioner(
			{ ...given, ...asked.run, ...resume },
			again,
		);
		const all = minutes + (before?.minutes ?? 0);
		const others = done.filter((one) => one.name !== name);
		done = [...others, { name, settings, weights, minutes: all, rows: verdict.rows }];
		await writeComparison(file, done);
		say(`${place}: ${scoreText(verdict.score)}.`);
	}
	const rows = attentions.flatMap((name) => done.filter((one) => one.name === name));
	const report = join(out, "report.html");
	const samples = new Map<ComparedName, Sample[]>();
	for (const { name, settings } of rows)
		samples.set(name, await describeSamples(join(out, name), settings, options));
	await writeFileAtomically(report, renderComparison(rows, samples));
	await print(`${comparisonText(rows)}\nReport: ${report}`);
}

/** Refuses to set beside each other what was trained with other settings. */
function checkSame(done: readonly Compared[], name: ComparedName, settings: Settings, out: string): void {
	const there: Record<string, unknown> = { ...done.find((one) => one.name === name)?.settings.model };
	const here: Record<string, unknown> = { ...settings.model };
	const other = Object.keys(there).find((key) => there[key] !== here[key]);
	if (other === undefined) return;
	throw new UserError(
		`${out} holds a comparison with other settings: --${kebab(other)} is ${there[other]} for ${name}, ${here[other]} came. ` +
			"Give the same, start anew with --overwrite, or choose another --out.",
	);
}
