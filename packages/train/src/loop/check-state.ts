import { HeedError } from "@heed/core";
import type { TrainingState } from "./training-state.ts";

/** Refuses a state that contradicts itself, whatever run it is for. */
export function checkState(where: string, state: TrainingState): void {
	const { epoch, index, step, batches, history, best, stopping } = state;
	const problems: string[] = [];
	if (index > batches) problems.push(`it is at batch ${index} of ${batches}`);
	const expected = epoch * batches + index;
	if (step !== expected) {
		problems.push(
			`it counts ${step} updates where ${epoch} epochs of ${batches} batches and ${index} more make ${expected}`,
		);
	}
	const isWhole =
		history.length === epoch &&
		history.every((record, i) => record.epoch === i + 1 && record.step === (i + 1) * batches);
	if (!isWhole) {
		problems.push(
			`its history lists ${history.length} epochs, expected 1 to ${epoch} with ${batches} updates each`,
		);
	}
	if (best !== undefined && (best.epoch < 1 || best.epoch > epoch)) {
		problems.push(`its best epoch is ${best.epoch} of ${epoch}`);
	}
	if (best !== undefined && Number.isNaN(best.value)) problems.push("its best value is NaN");
	if (stopping !== undefined && stopping.since > epoch) {
		problems.push(`it compares epochs since ${stopping.since} of ${epoch}`);
	}
	if (problems.length === 0) return;
	throw new HeedError(
		"VALUE",
		where,
		`the checkpoint contradicts itself: ${problems.join("; ")}. Resume from another one, or start anew without it.`,
	);
}
