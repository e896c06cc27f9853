import { checkNumber, checkOptions } from "@heed/core";
import type { TrainingObserver, TrainingRun } from "../loop/training-observer.ts";
import { saveCheckpoint } from "./checkpoint-files.ts";
import { prepareFolder } from "./prepare-folder.ts";

/** The options of {@link saveCheckpoints}. */
export interface SaveCheckpointsOptions {
	/** After every so many epochs. Default 1. */
	readonly everyEpochs?: number;
	/** Also after every so many updates, for long epochs. Default: never. */
	readonly everySteps?: number;
}

/**
 * Writes a checkpoint now and then, and when the run ends, unless an error ended it. A folder that is missing is made
 * when the run starts.
 */
export function saveCheckpoints(path: string, options: SaveCheckpointsOptions = {}): TrainingObserver {
	checkOptions("saveCheckpoints", options, ["everyEpochs", "everySteps"]);
	const { everyEpochs = 1, everySteps } = options;
	checkNumber("saveCheckpoints", "everyEpochs", everyEpochs, { integer: true, min: 1 });
	if (everySteps !== undefined) {
		checkNumber("saveCheckpoints", "everySteps", everySteps, { integer: true, min: 1 });
	}
	let saved = "";
	const save = async (run: TrainingRun): Promise<void> => {
		const place = `${run.epoch} ${run.index}`;
		if (place === saved) return;
		await saveCheckpoint(path, await run.state());
		saved = place;
	};
	return {
		async onStart() {
			saved = ""; // the observer may have watched another run
			await prepareFolder("saveCheckpoints", path);
		},
		onStep: ({ run, step }) => (everySteps !== undefined && step % everySteps === 0 ? save(run) : undefined),
		onEpoch: ({ run, epoch }) => (epoch % everyEpochs === 0 ? save(run) : undefined),
		onStop: ({ run, reason }) => (reason === "failed" ? undefined : save(run)),
	};
}
