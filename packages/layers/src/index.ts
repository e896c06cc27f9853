// The public names of @heed/layers.

export {
	AttentionLayer,
	type AttentionLayerArgs,
	type CallOptions,
	type LayerArgs,
	type WeightInitializer,
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
// What this package offers, as data
export { mechanisms } from "./registry.ts";
export { seedFor } from "./seed.ts";
