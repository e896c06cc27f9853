import { appendFileSync, readFileSync } from "node:fs";
import { checkNumber, checkOptions } from "@heed/core";
import { writeFileAtomically } from "@heed/io/node";
import type { TrainingObserver } from "../loop/training-observer.ts";
import { prepareFolder } from "./prepare-folder.ts";

/** The options of {@link jsonlLog}. */
export interface JsonlLogOptions {
	/** Also a line after every so many updates. Default: one per epoch only. */
	readonly everySteps?: number;
}

/**
 * Writes the metrics to a file, one JSON object per line:
 *
 *     {"event":"step","epoch":1,"step":20,"loss":2.31,"learningRate":0.001}
 *     {"event":"epoch","epoch":1,"step":42,"loss":2.02,"valLoss":1.97,"learningRate":0.001,"seconds":3.1}
 *
 * Each line is appended at once, so the file is valid after a crash but for a last line that was cut; when a run starts,
 * such a line goes, and so do all lines past the place at which it starts: a run from the beginning empties the file. A
 * folder that is missing is made.
 * Numbers that are not finite become `null`.
 */
export function jsonlLog(path: string, options: JsonlLogOptions = {}): TrainingObserver {
	checkOptions("jsonlLog", options, ["everySteps"]);
	const { everySteps } = options;
	if (everySteps !== undefined) checkNumber("jsonlLog", "everySteps", everySteps, { integer: true, min: 1 });
	const append = (row: object): void => appendFileSync(path, `${JSON.stringify(row)}\n`);
	return {
		async onStart({ epoch, step }) {
			await prepareFolder("jsonlLog", path);
			const kept = readLines(path).filter((line) => isUpTo(line, epoch, step));
			await writeFileAtomically(path, kept.map((line) => `${line}\n`).join(""));
		},
		onStep({ epoch, step, metrics, learningRate }) {
			if (everySteps === undefined || step % everySteps !== 0) return;
			append({ event: "step", epoch, step, ...metrics, learningRate });
		},
		onEpoch({ epoch, step, metrics, learningRate, seconds }) {
			const rounded = Math.round(seconds * 1000) / 1000;
			append({ event: "epoch", epoch, step, ...metrics, learningRate, seconds: rounded });
		},
	};
}

function readLines(path: string): string[] {
	try {
		return readFileSync(path, "utf8").split("\n").slice(0, -1); // what follows the last break was cut
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
		throw error;
	}
}

/** An epoch that a resumed run has yet to close may end at the very step at which the run goes on. */
function isUpTo(line: string, epoch: number, step: number): boolean {
	try {
		const row = JSON.parse(line) as { event?: unknown; epoch?: unknown; step?: unknown } | null;
		if (typeof row?.step !== "number" || row.step > step) return false;
		return row.event !== "epoch" || (typeof row.epoch === "number" && row.epoch <= epoch);
	} catch {
		return false;
	}
}
