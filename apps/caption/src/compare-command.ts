import { join } from "node:path";
import { compareTrainings, digestOf, print, say, typedCommand } from "@heed/command-line";
import { writeFileAtomically } from "@heed/io/node";
import { comparisonText, renderComparison } from "./compare-report.ts";
import type { Compared } from "./comparison.ts";
import { describeSamples } from "./describe-samples.ts";
import { type Sample, scoreText } from "./judge.ts";
import type { CompareOptions } from "./options.ts";
import { type AttentionName, type ComparedName, comparedNames, settingsFor, taskName } from "./settings.ts";
import { store } from "./store.ts";
import { checkFiles, heldOutScenes, type TaskData, taskData } from "./task-data.ts";
import { trainCaptioner } from "./train-captioner.ts";

/**
 * `caption compare`: trains a captioner for each attention with the same data and seed, each in a folder of its own below `--out`,
 * and leaves a table of them. Those that are finished are not trained again; one that was stopped, or is to learn for more epochs,
 * goes on.
 */
export async function compareCommand(options: CompareOptions): Promise<void> {
	const { attentions, overwrite, ...shared } = options;
	const { out } = options;
	const task = options.data === undefined ? "scenes" : "pictures";
	const again = typedCommand("caption compare", { ...options, overwrite: undefined });
	const chosen = (name: ComparedName) => {
		const order = name.startsWith("sca") && { order: name === "sca" ? ("cs" as const) : ("sc" as const) };
		return { ...shared, attention: (name === "sca-sc" ? "sca" : name) as AttentionName, ...order };
	};
	const asked = settingsFor(task, shared);
	let known: TaskData | undefined;
	const data = (): TaskData => {
		known ??= taskData(asked, options);
		return known;
	};
	checkFiles(asked.model, options);
	if (task === "pictures") data(); // what is wrong with them is said before anything is made or removed
	const rows = await compareTrainings({
		...{ store, out, overwrite, describe: taskName },
		candidates: attentions.map((name) => ({ name, settings: settingsFor(task, chosen(name)) })),
		isOne: ({ name, rows }: Partial<Compared>) =>
			comparedNames.some((known) => known === name) && Array.isArray(rows),
		check: (stored) => {
			if (task === "scenes") return; // they follow from the settings
			store.checkSameData(stored, data().vocabulary, digestOf([data().train, data().dev]));
		},
		train: async ({ name, settings: { run }, ...folder }) => {
			const trained = await trainCaptioner({ ...chosen(name), ...run, ...folder }, again, data());
			const { settings, verdict, weights, minutes } = trained;
			say(`${name}: ${scoreText(verdict.score)}.`);
			return { name, settings, weights, minutes, rows: verdict.rows };
		},
	});
	const report = join(out, "report.html");
	const sets = known?.heldOut ?? heldOutScenes(asked.model, asked.run.heldOut);
	const samples = new Map<ComparedName, Sample[]>();
	for (const { name, settings } of rows)
		samples.set(name, await describeSamples(join(out, name), settings, sets, options.backend));
	await writeFileAtomically(report, renderComparison(rows, samples));
	await print(`${comparisonText(rows)}\nReport: ${report}`);
}
