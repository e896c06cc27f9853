import type * as tf from "@tensorflow/tfjs-core";
import type { BatchSource } from "../batch/batch-source.ts";
import type { Variables } from "../optimizer/named-variables.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { BestEpoch, EarlyStoppingOptions } from "./early-stopping.ts";
import type { StopReason, TrainingObserver } from "./training-observer.ts";
import type { EpochRecord, JsonValue, TrainingState } from "./training-state.ts";

/** What a loss function is told about the moment. */
export interface LossContext {
	/** False while validating. */
	readonly training: boolean;
	/** The epoch, from 0. */
	readonly epoch: number;
	/** Updates made before this one. */
	readonly step: number;
	/** For dropout and sampling: another seed at every step, the same one after a resume, never 0. */
	readonly seed: number;
}

/** A loss with more to say. */
export interface LossParts {
	/** What is minimised: the mean over the batch. */
	readonly loss: tf.Scalar;
	/** Other numbers of the batch to be averaged, for instance `accuracy`. */
	readonly metrics?: Readonly<Record<string, tf.Scalar>>;
	/** The weight of the batch in the averages. Default: its number of examples. Tokens, for a loss per token. */
	readonly weight?: number;
}

/** What the loops of functions and of models have in common. */
export interface LoopOptions {
	/** A `tf.train` optimizer or an `Adam`. It stays the caller's. */
	readonly optimizer: tf.Optimizer;
	/** Epochs in all, those of a resumed state included. */
	readonly epochs: number;
	/** Decides the order of the data and every `LossContext.seed`. Default 0. */
	readonly seed?: number;
	/** A learning rate or a schedule of them. Default: the optimizer's own. */
	readonly learningRate?: number | Schedule;
	/** All gradients together are shortened to this norm when they exceed it. Default: never. */
	readonly clipNorm?: number;
	/** More numbers to be measured after every epoch, for instance an exact-match rate. */
	readonly evaluate?: (place: {
		readonly epoch: number;
		readonly step: number;
	}) => Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>;
	/** Stop when a metric no longer improves, and keep the best weights. Default: neither. */
	readonly earlyStopping?: EarlyStoppingOptions;
	/** Ends the run after the update that it is at, with the reason `aborted`. */
	readonly signal?: AbortSignal;
	/** Progress, logs, checkpoints. */
	readonly observers?: readonly TrainingObserver[];
	/** Kept in checkpoints; a state with another one is refused. */
	readonly config?: JsonValue;
	/** Goes on from this state. `undefined` starts anew. */
	readonly resume?: TrainingState | undefined;
}

/** The options of `train`. */
export interface TrainOptions<Batch> extends LoopOptions {
	/** What is trained. */
	readonly variables: Variables;
	/** Variables that are not trained but belong to the model, such as running means: saved and restored with it. */
	readonly untrained?: Variables;
	/** The loss of a batch. It runs inside a tidy, so it may leave tensors about. */
	readonly loss: (batch: Batch, context: LossContext) => tf.Scalar | LossParts;
	/** The batches. */
	readonly data: BatchSource<Batch>;
	/** Batches for a validation after every epoch, whose metrics are named `valLoss`, `valAccuracy`, … */
	readonly validation?: BatchSource<Batch>;
}

/** What a run came to. */
export interface TrainingResult {
	readonly reason: Exclude<StopReason, "failed">;
	/** Complete epochs. */
	readonly epoch: number;
	/** Updates made in all. */
	readonly step: number;
	/** Every epoch, those before a resume included. */
	readonly history: readonly EpochRecord[];
	/** The best epoch, when one was looked for. */
	readonly best?: Omit<BestEpoch, "weights">;
}
