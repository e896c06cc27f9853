// The public names of @heed/train, by folder. What needs a terminal or a file system is in @heed/train/node.

/**
 * The tag keeps `index/` out of the addresses of the reference, which a package with two entries gets otherwise.
 *
 * @module
 * @mergeModuleWith <project>
 */

// batch/
export type { BatchPlace, BatchSource } from "./batch/batch-source.ts";
export { type ExampleBatchesOptions, exampleBatches } from "./batch/example-batches.ts";
export { type GroupedBatchesOptions, groupedBatches } from "./batch/grouped-batches.ts";
export { type SupervisedBatch, type TensorBatchesOptions, tensorBatches } from "./batch/tensor-batches.ts";

// checkpoint/
export { decodeCheckpoint } from "./checkpoint/decode-checkpoint.ts";
export { encodeCheckpoint } from "./checkpoint/encode-checkpoint.ts";

// loop/
export type { BestEpoch, EarlyStoppingOptions, StoppingRule } from "./loop/early-stopping.ts";
export {
	type Comparison,
	type FitOptions,
	fit,
	type ModelObjective,
	type ModelTask,
	type ModelWeight,
	modelTask,
	type TrainableModel,
} from "./loop/fit.ts";
export type { MetricSums } from "./loop/metric-average.ts";
export { train } from "./loop/train.ts";
export type {
	LoopOptions,
	LossContext,
	LossParts,
	TrainingResult,
	TrainOptions,
} from "./loop/train-options.ts";
export type {
	EpochEvent,
	StepEvent,
	StopEvent,
	StopReason,
	TrainingObserver,
	TrainingRun,
	ValidationEvent,
} from "./loop/training-observer.ts";
export type { EpochRecord, JsonValue, TrainingState } from "./loop/training-state.ts";

// optimizer/
export { Adam, type AdamOptions } from "./optimizer/adam.ts";
export { type ClippedGradients, clipByGlobalNorm } from "./optimizer/clip-by-global-norm.ts";
export type { NamedVariable, Variables } from "./optimizer/named-variables.ts";
export type { OptimizerState, StatefulOptimizer } from "./optimizer/optimizer-state.ts";
export type { SavedTensors } from "./optimizer/saved-tensor.ts";

// random/
export { seededOrder } from "./random/seeded-order.ts";
export { stepSeed } from "./random/step-seed.ts";

// schedule/
export { type CosineDecayOptions, cosineDecay } from "./schedule/cosine-decay.ts";
export { type ExponentialDecayOptions, exponentialDecay } from "./schedule/exponential-decay.ts";
export { type InverseSquareRootOptions, inverseSquareRoot } from "./schedule/inverse-square-root.ts";
export { linearWarmup } from "./schedule/linear-warmup.ts";
export { type NoamOptions, noam } from "./schedule/noam.ts";
export type { Schedule } from "./schedule/schedule.ts";
