// The public names of @heed/layers.

export { AttentionLayer, type AttentionLayerArgs } from "./attention-layer.ts";
export {
	type AttentionData,
	type AttentionRecord,
	attentionData,
	type CapturedAttention,
	captureAttention,
	disposeAttention,
	isCapturing,
	recordAttention,
} from "./capture-attention.ts";
// multi-head/
export {
	MultiHeadAttention,
	type MultiHeadAttentionArgs,
	multiHeadAttention,
} from "./multi-head/multi-head-attention.ts";
export {
	type Attended,
	type AttendOptions,
	type KeyValue,
	MultiHeadBlock,
	type MultiHeadBlockOptions,
} from "./multi-head/multi-head-block.ts";
export type { MultiHeadOptions } from "./multi-head/multi-head-options.ts";
export type { PositionScheme } from "./multi-head/position-scheme.ts";
// normalization/
export { type FeatureNormOptions, layerNorm, rmsNorm } from "./normalization/feature-norm.ts";
// ops/: what models are made of besides attention
export { checkIds } from "./ops/check-ids.ts";
export { type Dense, type DenseOptions, makeDense } from "./ops/dense.ts";
export { embed } from "./ops/embed.ts";
export { project } from "./ops/project.ts";
// parameters/: weights by name
export type { ParameterInitializer } from "./parameters/initial-value.ts";
export {
	type ParameterScope,
	Parameters,
	type ParametersOptions,
} from "./parameters/parameters.ts";
// What this package offers, as data
export { mechanisms } from "./registry.ts";
export { seedFor } from "./seed.ts";
export { type CallOptions, type LayerArgs, SeededLayer, type SeededLayerArgs } from "./seeded-layer.ts";
