// The public names of @heed/core, by folder. (A blank line after each heading keeps the sorter from moving lines across.)

// Errors and the checks that throw them

export {
	checkChoice,
	checkDtype,
	checkFlag,
	checkNotEmpty,
	checkNumber,
	checkOptions,
	checkRank,
	checkShape,
	describeShape,
	type NumberRange,
	resolveAxis,
} from "./checks.ts";
export { HeedError, type HeedErrorCode } from "./errors.ts";
export { nearestName } from "./nearest-name.ts";

// dot-product/

export {
	type FusedAttention,
	registerFusedAttention,
	unregisterFusedAttention,
} from "./dot-product/attention-dispatch.ts";
export {
	type AttentionAttributes,
	type AttentionGradInputs,
	type AttentionInputs,
	SCALED_DOT_PRODUCT_ATTENTION,
	SCALED_DOT_PRODUCT_ATTENTION_GRAD,
} from "./dot-product/attention-kernel.ts";
export type { AttentionOptions, ReturnWeights } from "./dot-product/attention-options.ts";
export type { Normalizer } from "./dot-product/dense-attention.ts";
export { broadcastStrides, visibleBounds } from "./dot-product/kernel-arguments.ts";
export {
	type AttentionResult,
	scaledDotProductAttention,
} from "./dot-product/scaled-dot-product-attention.ts";

// random/

export { mixBits } from "./random/mix-bits.ts";
export { type SeedKey, seedKey } from "./random/seed-key.ts";

// kernel/

export { ADAM_STEP, type AdamStepAttributes } from "./kernel/adam-step.ts";
export { type DifferentiableOp, runDifferentiableOp } from "./kernel/differentiable-op.ts";
export type { FusedKernels, InputShapes } from "./kernel/fused-kernels.ts";
export { type KernelPath, type KernelPathEvent, onKernelPath } from "./kernel/kernel-path.ts";

// score/

export { ADDITIVE_SCORE, type AdditiveScoreOptions, additiveScore } from "./score/additive-score.ts";
export { type ConcatScoreOptions, concatScore } from "./score/concat-score.ts";
export { type CosineScoreOptions, cosineScore } from "./score/cosine-score.ts";
export { type DotScoreOptions, dotScore } from "./score/dot-score.ts";
export { type GaussianScoreOptions, gaussianScore } from "./score/gaussian-score.ts";
export { type GaussianWindowOptions, gaussianWindow } from "./score/gaussian-window.ts";
export { type GeneralScoreOptions, generalScore } from "./score/general-score.ts";
export { type LocationAwareScoreOptions, locationAwareScore } from "./score/location-aware-score.ts";
export { type LocationScoreOptions, locationScore } from "./score/location-score.ts";

// normalize/

export { type EntmaxOptions, entmax } from "./normalize/entmax.ts";
export { entmax15 } from "./normalize/entmax15.ts";
export { hardmax } from "./normalize/hardmax.ts";
export { type MaskedLogSoftmaxOptions, maskedLogSoftmax } from "./normalize/masked-log-softmax.ts";
export { type MaskedSoftmaxOptions, maskedSoftmax } from "./normalize/masked-softmax.ts";
export type { NormalizerOptions } from "./normalize/normalize-rows.ts";
export { type SigmoidNormalizerOptions, sigmoidNormalizer } from "./normalize/sigmoid-normalizer.ts";
export { sparsemax } from "./normalize/sparsemax.ts";
export { type TopKSoftmaxOptions, topKSoftmax } from "./normalize/top-k-softmax.ts";

// mask/

export { type BlockDiagonalMaskOptions, blockDiagonalMask } from "./mask/block-diagonal-mask.ts";
export { type CausalMaskOptions, causalMask } from "./mask/causal-mask.ts";
export { combineMasks } from "./mask/combine-masks.ts";
export { invertMask } from "./mask/invert-mask.ts";
export { keyLengthMask, type Lengths, paddingMask } from "./mask/padding-mask.ts";
export type { QueryOffset } from "./mask/visible-range.ts";
export {
	type AttentionWindow,
	slidingWindow,
	type WindowMaskOptions,
	windowMask,
} from "./mask/window-mask.ts";

// position/

export {
	type AlibiBiasOptions,
	type AlibiSlopesOptions,
	alibiBias,
	alibiSlopes,
} from "./position/alibi-bias.ts";
export { type ApplyRotaryOptions, applyRotary } from "./position/apply-rotary.ts";
export { type LearnedPositionsOptions, learnedPositions } from "./position/learned-positions.ts";
export { type RotaryAngles, type RotaryAnglesOptions, rotaryAngles } from "./position/rotary-angles.ts";
export {
	type ShawRelativeScoresOptions,
	type ShawRelativeValuesOptions,
	shawRelativeScores,
	shawRelativeValues,
} from "./position/shaw-relative.ts";
export { type SinusoidalPositionsOptions, sinusoidalPositions } from "./position/sinusoidal-positions.ts";
export {
	type T5BucketOptions,
	type T5RelativeBiasOptions,
	t5Bucket,
	t5RelativeBias,
} from "./position/t5-relative-bias.ts";

// heads/

export { mergeHeads } from "./heads/merge-heads.ts";
export { repeatKeyValueHeads } from "./heads/repeat-key-value-heads.ts";
export { splitHeads } from "./heads/split-heads.ts";
export { swapHeadsAndLength } from "./heads/swap-heads-and-length.ts";

// cache/

export {
	type AppendOptions,
	appendToCache,
	CACHE_APPEND,
	type CachePlacement,
} from "./cache/append-to-cache.ts";
export {
	type CacheOptions,
	createCache,
	disposeCache,
	type KeyValueCache,
} from "./cache/key-value-cache.ts";
export { reorderCache } from "./cache/reorder-cache.ts";
export { resetCache } from "./cache/reset-cache.ts";

// sample/

export {
	type CategoricalSample,
	type CategoricalSampleOptions,
	categoricalSample,
} from "./sample/categorical-sample.ts";
export { type DoublyStochasticOptions, doublyStochasticPenalty } from "./sample/doubly-stochastic-penalty.ts";
export { entropy } from "./sample/entropy.ts";
export { type GumbelSoftmaxOptions, gumbelSoftmax } from "./sample/gumbel-softmax.ts";
export {
	firstAlignment,
	type MonotonicAttentionOptions,
	type MonotonicMode,
	monotonicAttention,
} from "./sample/monotonic-attention.ts";
export { type MovingBaseline, type MovingBaselineOptions, movingBaseline } from "./sample/moving-baseline.ts";
export { type ReinforceOptions, reinforceSurrogate } from "./sample/reinforce-surrogate.ts";
export { stopGradient } from "./sample/stop-gradient.ts";
export { straightThrough } from "./sample/straight-through.ts";

// warp/

export { affineGrid } from "./warp/affine-grid.ts";
export { attentionGrid } from "./warp/attention-grid.ts";
export { type GridSampleOptions, gridSample } from "./warp/grid-sample.ts";
export {
	GRID_SAMPLE,
	GRID_SAMPLE_GRAD,
	type GridInterpolation,
	type GridPadding,
	type GridSampleAttributes,
} from "./warp/grid-sample-attributes.ts";
export type { GridOptions, GridSize } from "./warp/grid-size.ts";
export { type ProjectiveGridOptions, projectiveGrid } from "./warp/projective-grid.ts";
export {
	type FusedGridSample,
	type GridSampleGradInputs,
	type GridSampleInputs,
	registerFusedGridSample,
	unregisterFusedGridSample,
} from "./warp/register-grid-sample.ts";
export {
	type ThinPlateSplineGridOptions,
	thinPlateSplineControlPoints,
	thinPlateSplineGrid,
} from "./warp/thin-plate-spline-grid.ts";

// linear/

export { type LinearAttentionResult, linearAttention } from "./linear/linear-attention.ts";
export type {
	FeatureMap,
	LinearAttentionOptions,
	LinearAttentionState,
} from "./linear/linear-attention-options.ts";

// resample/

export { type AveragePoolOptions, averagePool } from "./resample/average-pool.ts";
export type { Pair, SidePadding, WindowPadding } from "./resample/image-axes.ts";
export { type MaxPoolOptions, maxPool } from "./resample/max-pool.ts";
export type { PoolOptions } from "./resample/pool-window.ts";
export { reflectPad } from "./resample/reflect-pad.ts";
export type { ResizeCoordinates } from "./resample/resize-axes.ts";
export { type ResizeBilinearOptions, resizeBilinear } from "./resample/resize-bilinear.ts";
export { type ResizeNearestOptions, resizeNearest } from "./resample/resize-nearest.ts";

// convolution/

export type { ConvolutionOptions } from "./convolution/convolution-geometry.ts";
export { type Convolution2dOptions, convolution2d } from "./convolution/convolution2d.ts";
export {
	type DepthwiseConvolution2dOptions,
	depthwiseConvolution2d,
} from "./convolution/depthwise-convolution2d.ts";

// recurrent/

export type { RecurrentSequenceOptions } from "./recurrent/check-sequence.ts";
export { gruResetBeforeSequence } from "./recurrent/gru-reset-before-sequence.ts";
export { GRU_SEQUENCE, gruSequence } from "./recurrent/gru-sequence.ts";
export { LSTM_SEQUENCE, type LstmSequenceOptions, lstmSequence } from "./recurrent/lstm-sequence.ts";

// What this package offers, as data

export { coreMechanisms, type Mechanism } from "./registry.ts";
