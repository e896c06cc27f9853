import { existsSync } from "node:fs";
import { join } from "node:path";
import {
	defaultFolder,
	InterruptedError,
	outputFolder,
	prepareFolder,
	print,
	say,
	typedCommand,
} from "@heed/command-line";
import { writeFileAtomically } from "@heed/io/node";
import { comparisonTable, renderComparison } from "./comparison-report.ts";
import type { CompareOptions } from "./options.ts";
import { type Outcome, trainNetwork } from "./train-network.ts";

/**
 * `digits compare`: trains the same network behind each of some spatial transformers, and alone, on the same pictures from the
 * same seed, and leaves a table of their errors. Those that are finished are only judged again, and one that was stopped goes on.
 */
export async function compareCommand(options: CompareOptions): Promise<void> {
	const {
		transforms,
		out = defaultFolder(undefined, "digits-compare"),
		overwrite = false,
		...shared
	} = options;
	await prepareFolder({ path: out });
	const report = join(out, "comparison.html");
	const outcomes: Outcome[] = [];
	for (const [i, transform] of transforms.entries()) {
		say(`[${i + 1}/${transforms.length}] ${transform}:`);
		const folder = join(out, transform);
		const resume = !overwrite && existsSync(outputFolder(folder).checkpoint);
		const outcome = await trainNetwork({
			...{ ...shared, task: "transformer", transform, out: folder },
			...(resume && { resume }),
			...(overwrite && { overwrite }),
		});
		if (outcome.verdict === undefined) {
			const { overwrite: _, ...again } = options;
			throw new InterruptedError(`interrupted. Go on with: ${typedCommand("digits compare", again)}`);
		}
		outcomes.push(outcome);
		await writeFileAtomically(report, renderComparison(outcomes));
	}
	await print(comparisonTable(outcomes));
	await print(`Report: ${report}`);
}
