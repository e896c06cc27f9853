import { HeedError } from "@heed/core";
import { SafetensorsError } from "@heed/io";
import { readSafetensorsFile, writeFileAtomically } from "@heed/io/node";
import { stateOf } from "../checkpoint/decode-checkpoint.ts";
import { encodeCheckpoint } from "../checkpoint/encode-checkpoint.ts";
import type { TrainingState } from "../loop/training-state.ts";

/** Writes the state of a run to a file, which holds the old state or the new one, whole, whatever happens. */
export function saveCheckpoint(path: string, state: TrainingState): Promise<void> {
	return writeFileAtomically(path, encodeCheckpoint(state));
}

/**
 * Reads a checkpoint, for the option `resume` of `train`.
 *
 * @throws HeedError that names the file when it is no checkpoint, and the file system's error when it cannot be read
 *   (`ENOENT` when it does not exist).
 */
export async function loadCheckpoint(path: string): Promise<TrainingState> {
	try {
		return stateOf(await readSafetensorsFile(path));
	} catch (error) {
		if (!(error instanceof SafetensorsError) && !HeedError.isInstance(error)) throw error;
		throw new HeedError("VALUE", "loadCheckpoint", `${path} cannot be resumed. ${error.message}`);
	}
}
