import { checkChoice, checkNumber, checkOptions } from "@heed/core";
import type { SavedTensors } from "../optimizer/saved-tensor.ts";

/** When to stop before the last epoch, and which weights to keep. */
export interface EarlyStoppingOptions {
	/** The metric to watch, for instance `valLoss` (the default with a validation) or `loss` (else). */
	readonly monitor?: string;
	/** Whether less or more of it is better. Default `min`. */
	readonly mode?: "min" | "max";
	/** Stop after this many epochs without improvement; `Infinity` only keeps the best weights. */
	readonly patience: number;
	/** A change of at most this size is no improvement. Default 0. */
	readonly minDelta?: number;
	/** Put back the weights of the best epoch when training ends, for whatever reason. Default true. */
	readonly restoreBest?: boolean;
}

/** The best epoch so far. */
export interface BestEpoch {
	/** Its number, from 1. */
	readonly epoch: number;
	/** The watched metric after it. */
	readonly value: number;
	/** The weights after it; absent when they are not to be restored. */
	readonly weights?: SavedTensors;
}

/** How epochs are compared. Values of different rules cannot be. */
export interface StoppingRule {
	readonly monitor: string;
	readonly mode: "min" | "max";
	readonly minDelta: number;
}

/** The rule of a run, with all defaults filled in. */
export function stoppingRule(options: {
	readonly earlyStopping?: EarlyStoppingOptions;
	readonly validation?: unknown;
}): StoppingRule | undefined {
	const { earlyStopping, validation } = options;
	if (earlyStopping === undefined) return undefined;
	const {
		monitor = validation === undefined ? "loss" : "valLoss",
		mode = "min",
		minDelta = 0,
	} = earlyStopping;
	return { monitor, mode, minDelta };
}

/** Checks the options of early stopping. */
export function checkEarlyStopping(where: string, options: EarlyStoppingOptions): void {
	checkOptions(where, options, ["monitor", "mode", "patience", "minDelta", "restoreBest"]);
	const { mode = "min", patience, minDelta = 0 } = options;
	checkChoice(where, "earlyStopping.mode", mode, ["min", "max"]);
	if (patience !== Number.POSITIVE_INFINITY) {
		checkNumber(where, "earlyStopping.patience", patience, { integer: true, min: 1 });
	}
	checkNumber(where, "earlyStopping.minDelta", minDelta, { min: 0 });
}

/** True when `value` beats the best one by more than `minDelta`. NaN never does; anything beats nothing. */
export function improves(value: number, best: number | undefined, options: EarlyStoppingOptions): boolean {
	if (Number.isNaN(value)) return false;
	if (best === undefined) return true;
	const { mode = "min", minDelta = 0 } = options;
	return mode === "min" ? value < best - minDelta : value > best + minDelta;
}
