import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
	checkFolder,
	clearFolder,
	defaultFolder,
	outputFolder,
	prepareFolder,
	print,
	say,
	typedCommand,
} from "@heed/command-line";
import { writeFileAtomically } from "@heed/io/node";
import { comparisonTable, renderComparison } from "./comparison-report.ts";
import { readData } from "./data/read-data.ts";
import type { CompareOptions } from "./options.ts";
import { resumedSettings, settingsFor } from "./settings.ts";
import { store } from "./store.ts";
import { type Outcome, trainNetwork } from "./train-network.ts";

/**
 * `digits compare`: trains the same network behind each of some spatial transformers, and alone, on the same pictures from the
 * same seed, and leaves a table of their errors. Those that are finished are only judged again, and one that was stopped goes on.
 */
export async function compareCommand(options: CompareOptions): Promise<void> {
	const {
		out = defaultFolder(undefined, "digits-compare"),
		overwrite = false,
		transforms,
		...shared
	} = options;
	const { ready } = readData(options.data); // what is wrong with the data is said before anything is made or removed
	const candidates = transforms.map((transform) => {
		const { model, run } = settingsFor("transformer", ready, { ...shared, transform });
		const given = { ...shared, ...model, ...run, out: join(out, transform) };
		return { given, folder: outputFolder(given.out) };
	});
	for (const { given, folder } of overwrite ? [] : candidates) {
		const resume = existsSync(folder.checkpoint);
		await checkFolder(folder, { resume });
		if (!resume) continue;
		const stored = await store.readTraining(folder.checkpoint);
		const { distortion } = ready && shared.distortion === undefined ? stored.settings : given;
		resumedSettings(stored, { ...given, distortion }, folder.path);
		if (distortion !== given.distortion) throw store.otherData(); // these are distorted already, those were not
	}
	await prepareFolder({ path: out });
	const report = join(out, "comparison.html");
	if (overwrite) {
		await rm(report, { force: true });
		for (const { folder } of candidates) await clearFolder(folder); // or one that is stopped would go on with an older one
	}
	const again = typedCommand("digits compare", { ...options, overwrite: undefined });
	const outcomes: Outcome[] = [];
	for (const { given, folder } of candidates) {
		say(`[${outcomes.length + 1}/${transforms.length}] ${given.transform}:`);
		const resume = existsSync(folder.checkpoint);
		outcomes.push(await trainNetwork({ ...given, ...(resume && { resume }) }, again));
		await writeFileAtomically(report, renderComparison(outcomes));
	}
	await print(comparisonTable(outcomes));
	await print(`Report: ${report}`);
}
