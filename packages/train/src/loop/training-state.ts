import type { OptimizerState } from "../optimizer/optimizer-state.ts";
import type { SavedTensors } from "../optimizer/saved-tensor.ts";
import type { BestEpoch, StoppingRule } from "./early-stopping.ts";
import type { MetricSums } from "./metric-average.ts";

/** Anything that JSON can hold. */
export type JsonValue =
	| null
	| boolean
	| number
	| string
	| readonly JsonValue[]
	| { readonly [key: string]: JsonValue };

/** What one epoch came to. */
export interface EpochRecord {
	/** Its number, from 1. */
	readonly epoch: number;
	/** Updates made so far. */
	readonly step: number;
	/** Means over the epoch, and those of the validation: `loss`, `valLoss`, … */
	readonly metrics: Readonly<Record<string, number>>;
}

/**
 * A run between two updates: all that is needed to go on as if it had never stopped. It is plain data, the same wherever
 * it is kept; `encodeCheckpoint` turns it into bytes.
 */
export interface TrainingState {
	/** Complete epochs. */
	readonly epoch: number;
	/** Batches done in the epoch after those. */
	readonly index: number;
	/** Updates made in all. */
	readonly step: number;
	/** The seed, which with the place decides the order of the data. */
	readonly seed: number;
	/** Batches per epoch. */
	readonly batches: number;
	/** Metrics of the epoch that is under way. */
	readonly running: MetricSums;
	/** The epochs so far. */
	readonly history: readonly EpochRecord[];
	/** The best epoch, when one is looked for. */
	readonly best?: BestEpoch;
	/** How epochs are compared, when they are, and how many were complete when that began. */
	readonly stopping?: StoppingRule & { readonly since: number };
	/** The variables, trained or not. */
	readonly weights: SavedTensors;
	readonly optimizer: OptimizerState;
	/** What the caller said about the run. A run with another one cannot resume from here. */
	readonly config: JsonValue;
}
