import { checkDtype, checkNotEmpty, checkOptions, checkShape, HeedError } from "@heed/core";
import type * as tf from "@tensorflow/tfjs-core";
import type { RecurrentCell, RecurrentState, SequenceOptions } from "./recurrent-cell.ts";

type CellShape = Pick<RecurrentCell, "inputSize" | "units" | "stateSize" | "windowSize">;

/** Refuses an input or a state that does not fit one step of a cell. */
export function checkStep(cell: CellShape, where: string, input: tf.Tensor, state: RecurrentState): void {
	const axes = ["batch", "inputSize"];
	checkShape(where, "input", input, axes, [null, cell.inputSize], "the cell");
	checkDtype(where, "input", input, "float32");
	checkNotEmpty(where, "input", input, axes);
	checkState(cell, where, state, input.shape[0] ?? 0);
}

/** Refuses inputs, a state or options that do not fit a sequence of a cell. */
export function checkSequence(
	cell: CellShape,
	where: string,
	inputs: tf.Tensor,
	state: RecurrentState,
	options: SequenceOptions,
): void {
	checkOptions(where, options, ["live", "reverse"]);
	const axes = ["time", "batch", "inputSize"];
	checkShape(where, "inputs", inputs, axes, [null, null, cell.inputSize], "the cell");
	checkDtype(where, "inputs", inputs, "float32");
	checkNotEmpty(where, "inputs", inputs, axes);
	const [time = 0, batch = 0] = inputs.shape;
	checkState(cell, where, state, batch);
	if (options.live !== undefined) {
		checkShape(where, "live", options.live, ["time", "batch"], [time, batch], "the inputs");
		checkDtype(where, "live", options.live, "float32");
	}
}

function checkState(cell: CellShape, where: string, state: RecurrentState, batch: number): void {
	if (state.length !== cell.stateSize) {
		throw new HeedError(
			"SHAPE",
			where,
			`state has ${state.length} tensors; expected ${cell.stateSize}. Start with zeroState(batch).`,
		);
	}
	state.forEach((tensor, i) => {
		const isWindow = cell.windowSize !== undefined && i === 2;
		const size = isWindow ? (cell.windowSize as number) : cell.units;
		const axes = ["batch", isWindow ? "window" : "units"];
		checkShape(where, `state[${i}]`, tensor, axes, [batch, size], "the input and the cell");
		checkDtype(where, `state[${i}]`, tensor, "float32");
	});
}
