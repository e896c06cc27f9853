import type { EpochRecord, TrainingState } from "./training-state.ts";

/**
 * Why a run ended: `completed` all epochs, `early-stopping`, `aborted` by its signal, `interrupted` or `stopped` by an
 * observer, `failed` by an error.
 */
export type StopReason = "completed" | "early-stopping" | "aborted" | "interrupted" | "stopped" | "failed";

/** A run as its observers see it. */
export interface TrainingRun {
	/** Epochs in all. */
	readonly epochs: number;
	/** Batches per epoch. */
	readonly batches: number;
	/** Complete epochs. */
	readonly epoch: number;
	/** Batches done in the epoch after those. */
	readonly index: number;
	/** Updates made in all. */
	readonly step: number;
	/** Asks the run to end after the update that it is at. */
	stop(reason?: "interrupted" | "stopped"): void;
	/** Copies the state of the run. An observer awaits it before it returns, or it may be of a later moment. */
	state(): Promise<TrainingState>;
}

/** After one update. */
export interface StepEvent {
	readonly run: TrainingRun;
	/** The epoch that is under way, from 1. */
	readonly epoch: number;
	/** Batches done in it, from 1. */
	readonly index: number;
	/** Updates made in all. */
	readonly step: number;
	/** `loss` and the other metrics of this batch. */
	readonly metrics: Readonly<Record<string, number>>;
	/** Their means over the epoch so far. */
	readonly averages: Readonly<Record<string, number>>;
	/** The learning rate of this update, when the optimizer has one. */
	readonly learningRate?: number;
	/** The norm of all gradients before clipping, when they are clipped. */
	readonly gradientNorm?: number;
}

/** While an epoch is being validated. */
export interface ValidationEvent {
	readonly run: TrainingRun;
	/** The epoch that is under way, from 1. */
	readonly epoch: number;
	/** `validating` on the batches of a validation, `evaluating` in the option `evaluate`. */
	readonly activity: "validating" | "evaluating";
	/** Batches done, from 0. */
	readonly index: number;
	/** Batches of the validation, 0 for an evaluation, which does not tell. */
	readonly batches: number;
}

/** After one epoch and its validation. */
export interface EpochEvent extends EpochRecord {
	readonly run: TrainingRun;
	/** True when it is the best epoch so far. */
	readonly improved: boolean;
	readonly learningRate?: number;
	/** How long the epoch took, as far as this process ran it. */
	readonly seconds: number;
}

/** At the end of a run. The weights are still the last ones; the best ones are put back afterwards. */
export interface StopEvent {
	readonly run: TrainingRun;
	readonly reason: StopReason;
	/** What went wrong, for `failed`. */
	readonly error?: unknown;
}

/** Something that watches a run. Its methods are called one after the other and awaited. */
export interface TrainingObserver {
	/** Before the first update, after a state was resumed. */
	onStart?(run: TrainingRun): void | Promise<void>;
	onStep?(event: StepEvent): void | Promise<void>;
	/** Before the first batch of a validation, after each of them, and before an evaluation. */
	onValidation?(event: ValidationEvent): void | Promise<void>;
	onEpoch?(event: EpochEvent): void | Promise<void>;
	/** Whatever ends the run, also an error. */
	onStop?(event: StopEvent): void | Promise<void>;
}
