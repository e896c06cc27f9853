// The public names of @heed/layers.

// attention/: one head
export {
	AdditiveAttention,
	type AdditiveAttentionArgs,
	additiveAttention,
} from "./attention/additive-attention.ts";
export { DotAttention, type DotAttentionArgs, dotAttention } from "./attention/dot-attention.ts";
export {
	MemoryAttention,
	type MemoryAttentionArgs,
	type MemoryAttentionCall,
} from "./attention/memory-attention.ts";
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
// feed-forward/
export {
	type Activation,
	type ActivationName,
	activationByName,
} from "./feed-forward/activation.ts";
export { FeedForward, type FeedForwardArgs, feedForward } from "./feed-forward/feed-forward.ts";
export { FeedForwardBlock, type FeedForwardOptions } from "./feed-forward/feed-forward-block.ts";
// import/: weights trained elsewhere
export { convertKerasModel } from "./import/convert-keras-model.ts";
export { multiHeadFromKeras } from "./import/from-keras.ts";
export {
	multiHeadFromTorch,
	type TorchState,
	transformerDecoderLayerFromTorch,
	transformerEncoderLayerFromTorch,
	type WeightValues,
} from "./import/from-torch.ts";
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
export { makeNorm, type Norm, type NormOptions } from "./normalization/make-norm.ts";
export {
	RmsNormalization,
	type RmsNormalizationArgs,
	rmsNormalization,
} from "./normalization/rms-normalization.ts";
// ops/: what models are made of besides attention
export { checkIds } from "./ops/check-ids.ts";
export { type Dense, type DenseOptions, makeDense } from "./ops/dense.ts";
export { type DropoutStream, dropoutStream } from "./ops/dropout-stream.ts";
export { embed } from "./ops/embed.ts";
export { knownSize } from "./ops/known-size.ts";
export { project } from "./ops/project.ts";
export { whereLive } from "./ops/where-live.ts";
// parameters/: weights by name
export { assignWeights } from "./parameters/assign-weights.ts";
export type { ParameterInitializer } from "./parameters/initial-value.ts";
export { namedWeights } from "./parameters/named-weights.ts";
export {
	type ParameterScope,
	Parameters,
	type ParametersOptions,
} from "./parameters/parameters.ts";
// position/
export {
	PositionEmbedding,
	type PositionEmbeddingArgs,
	positionEmbedding,
} from "./position/position-embedding.ts";
// What this package offers, as data
export { layersMechanisms } from "./registry.ts";
export { seedFor } from "./seed.ts";
export { type CallOptions, type LayerArgs, SeededLayer, type SeededLayerArgs } from "./seeded-layer.ts";
// transformer/
export {
	checkTransformerBlockOptions,
	TransformerBlock,
	type TransformerBlockCall,
	type TransformerBlockOptions,
	type TransformerBlockResult,
	type TransformerBlockState,
} from "./transformer/transformer-block.ts";
export {
	TransformerDecoderLayer,
	transformerDecoderLayer,
} from "./transformer/transformer-decoder-layer.ts";
export {
	TransformerEncoderLayer,
	transformerEncoderLayer,
} from "./transformer/transformer-encoder-layer.ts";
export { TransformerLayer } from "./transformer/transformer-layer.ts";
export type { TransformerLayerArgs } from "./transformer/transformer-layer-args.ts";
