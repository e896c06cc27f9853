import type { TrainingObserver } from "@heed/train";
import { checkpointOnInterrupt, jsonlLog, saveCheckpoints, terminalProgress } from "@heed/train/node";
import type { OutputFolder } from "../files/output-folder.ts";
import { say } from "../terminal/print.ts";

/** Who watches a training: progress on stderr, metrics (about 20 lines per epoch) and checkpoints, also on Ctrl-C, in the folder. */
export function trainingObservers(
	folder: OutputFolder,
	{ examples, batchSize }: { readonly examples: number; readonly batchSize: number },
): TrainingObserver[] {
	return [
		terminalProgress(),
		jsonlLog(folder.metrics, { everySteps: Math.ceil(examples / batchSize / 20) }),
		saveCheckpoints(folder.checkpoint),
		checkpointOnInterrupt(folder.checkpoint, say),
	];
}
