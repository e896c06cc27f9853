// The public names of @heed/layers.

export {
	AttentionLayer,
	type AttentionLayerArgs,
	type CallOptions,
	type LayerArgs,
} from "./attention-layer.ts";
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
export {
	MultiHeadAttention,
	type MultiHeadAttentionArgs,
	multiHeadAttention,
} from "./multi-head-attention.ts";
// ops/: what models are made of besides attention
export { checkIds } from "./ops/check-ids.ts";
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
