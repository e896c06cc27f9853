import type { TrainingObserver } from "@heed/train";
import { checkpointOnInterrupt, jsonlLog, saveCheckpoints, terminalProgress } from "@heed/train/node";
import type { OutputFolder } from "../files/output-folder.ts";
import { say } from "../terminal/print.ts";
import { type InterruptNote, interruptNote } from "./interrupt-note.ts";

/**
 * Who watches a training: progress on stderr, metrics (about 20 lines per epoch) and checkpoints, also on Ctrl-C, in the folder; and
 * a note of whether that was pressed.
 *
 * @param batches Of an epoch.
 */
export function trainingObservers(
	folder: OutputFolder,
	batches: number,
): { readonly observers: readonly TrainingObserver[]; readonly note: InterruptNote } {
	const note = interruptNote();
	const observers = [
		terminalProgress(),
		jsonlLog(folder.metrics, { everySteps: Math.ceil(batches / 20) }),
		saveCheckpoints(folder.checkpoint),
		checkpointOnInterrupt(folder.checkpoint, say),
		note,
	];
	return { observers, note };
}
