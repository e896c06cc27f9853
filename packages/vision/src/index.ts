// The public names of @heed/vision.

// By name
export type {
	AttentionArgsByName,
	FrameAttentionArgsByName,
	ImageAttentionArgsByName,
} from "./attention-makers.ts";
// branch/: weights on several ways to see the image
export { BranchAttention } from "./branch/branch-attention.ts";
export { DynamicConv2d, type DynamicConv2dArgs, dynamicConv2d } from "./branch/dynamic-conv2d.ts";
export {
	SelectiveKernel,
	type SelectiveKernelArgs,
	selectiveKernel,
} from "./branch/selective-kernel.ts";
export { SplitAttention, type SplitAttentionArgs, splitAttention } from "./branch/split-attention.ts";
// channel/: weights on channels
export {
	CbamChannelGate,
	type CbamChannelGateArgs,
	type ChannelPool,
	cbamChannelGate,
} from "./channel/cbam-channel-gate.ts";
export { ChannelGate } from "./channel/channel-gate.ts";
export {
	ChannelQueryAttention,
	type ChannelQueryAttentionArgs,
	channelQueryAttention,
} from "./channel/channel-query-attention.ts";
export {
	EffectiveSqueezeExcite,
	type EffectiveSqueezeExciteArgs,
	effectiveSqueezeExcite,
} from "./channel/effective-squeeze-excite.ts";
export {
	EfficientChannelAttention,
	type EfficientChannelAttentionArgs,
	efficientChannelAttention,
} from "./channel/efficient-channel-attention.ts";
export {
	type Frequency,
	FrequencyChannelAttention,
	type FrequencyChannelAttentionArgs,
	frequencyChannelAttention,
} from "./channel/frequency-channel-attention.ts";
export {
	GatedChannelTransform,
	type GatedChannelTransformArgs,
	gatedChannelTransform,
} from "./channel/gated-channel-transform.ts";
export { GatherExcite, type GatherExciteArgs, gatherExcite } from "./channel/gather-excite.ts";
export { GlobalContext, type GlobalContextArgs, globalContext } from "./channel/global-context.ts";
export {
	type ChooseOptions,
	type ChosenChannels,
	HardChannelAttention,
	type HardChannelAttentionArgs,
	hardChannelAttention,
} from "./channel/hard-channel-attention.ts";
export { SqueezeExcite, type SqueezeExciteArgs, squeezeExcite } from "./channel/squeeze-excite.ts";
export {
	StyleRecalibration,
	type StyleRecalibrationArgs,
	styleRecalibration,
} from "./channel/style-recalibration.ts";
export {
	type AttentionName,
	type AttentionOptions,
	type AttentionShortNames,
	attentionNames,
	createAttention,
	expectedParams,
	type FullAttentionName,
	type ImageAttentionName,
	type NamedAttention,
} from "./create-attention.ts";
// hard/: places to look at, learnt by reward
export type {
	RecurrentAttentionLossOptions,
	RecurrentAttentionPredictOptions,
} from "./hard/agent-options.ts";
export type {
	DeepRecurrentAttentionConfig,
	ResolvedDeepRecurrentAttentionConfig,
} from "./hard/deep-attention-config.ts";
export {
	DeepRecurrentAttentionModel,
	type SequenceLabelledImages,
	type SequenceRollOut,
} from "./hard/deep-recurrent-attention-model.ts";
export {
	GlimpseNetwork,
	type GlimpseNetworkArgs,
	type GlimpseNetworkSizes,
	glimpseNetwork,
	type ResolvedGlimpseNetwork,
} from "./hard/glimpse-network.ts";
export { GlimpseSensor, type GlimpseSensorArgs, glimpseSensor } from "./hard/glimpse-sensor.ts";
export {
	type DrawnLocation,
	LocationPolicy,
	type LocationPolicyOptions,
	type ResolvedLocationPolicy,
} from "./hard/location-policy.ts";
export type {
	RecurrentAttentionConfig,
	ResolvedRecurrentAttentionConfig,
} from "./hard/recurrent-attention-config.ts";
export {
	type RecurrentAttentionFromTorchOptions,
	recurrentAttentionFromTorch,
} from "./hard/recurrent-attention-from-torch.ts";
export {
	type LabelledImages,
	RecurrentAttentionModel,
	type RollOut,
} from "./hard/recurrent-attention-model.ts";
export type { GlimpseArgs, GlimpseWindow } from "./hard/take-glimpses.ts";
// The bases of the layers here
export {
	type ImageAttended,
	ImageAttention,
	type ImageAttentionCall,
	type ImageSizes,
} from "./image-attention.ts";
// mixed/: weights on channels and pixels at once
export { Bam, type BamArgs, bam } from "./mixed/bam.ts";
export { Cbam, type CbamArgs, cbam } from "./mixed/cbam.ts";
export {
	CoordinateAttention,
	type CoordinateAttentionArgs,
	coordinateAttention,
} from "./mixed/coordinate-attention.ts";
export type { MaskActivation } from "./mixed/mask-activation.ts";
export { MixedAttention } from "./mixed/mixed-attention.ts";
export {
	ResidualAttentionModule,
	type ResidualAttentionModuleArgs,
	residualAttentionModule,
} from "./mixed/residual-attention-module.ts";
export type { ResidualUnitArgs } from "./mixed/residual-unit.ts";
export {
	ScaCnnAttention,
	type ScaCnnAttentionArgs,
	scaCnnAttention,
} from "./mixed/sca-cnn-attention.ts";
export { ScSE, type ScSEArgs, scSE } from "./mixed/scse.ts";
export { SimAM, type SimAMArgs, simAM } from "./mixed/sim-am.ts";
export {
	TripletAttention,
	type TripletAttentionArgs,
	tripletAttention,
} from "./mixed/triplet-attention.ts";
// models/: whole networks
export {
	Convolution2d,
	type Convolution2dLayerArgs,
	convolution2dLayer,
} from "./models/convolution-2d-layer.ts";
export type { ImageModelArgs, MapModelArgs } from "./models/map-network.ts";
export {
	type ResidualAttentionNetworkArgs,
	residualAttentionNetwork,
} from "./models/residual-attention-network.ts";
export { type AttentionChoice, type ResnetArgs, resnet } from "./models/resnet.ts";
export { type VitArgs, vit } from "./models/vit.ts";
export {
	type AttentionResnetArgs,
	bamResnet,
	cbamResnet,
	seResnet,
	withAttention,
} from "./models/with-attention.ts";
export type { GateName } from "./ops/gate.ts";
export type { ChoiceEstimator, HardChoice } from "./ops/hard-choice.ts";
export type { LayerParts } from "./ops/layer-parts.ts";
export type { ReductionArgs } from "./ops/reduction.ts";
// What this package offers, as data
export { visionMechanisms } from "./registry.ts";
// spatial/: weights on pixels
export {
	AttentionPooling2d,
	type AttentionPooling2dArgs,
	attentionPooling2d,
} from "./spatial/attention-pooling-2d.ts";
export {
	CbamSpatialGate,
	type CbamSpatialGateArgs,
	cbamSpatialGate,
	type ResolvedSpatialGate,
	type SpatialGateOptions,
} from "./spatial/cbam-spatial-gate.ts";
export { CrissCross, type CrissCrossArgs, crissCross } from "./spatial/criss-cross.ts";
export { KnnAttention2d, type KnnAttention2dArgs, knnAttention2d } from "./spatial/knn-attention-2d.ts";
export { NonLocal, type NonLocalArgs, nonLocal } from "./spatial/non-local.ts";
export { PairwiseAttention } from "./spatial/pairwise-attention.ts";
export type { PixelHeadsArgs } from "./spatial/pixel-heads.ts";
export {
	type ImageMemory,
	QuerySpatialAttention,
	type QuerySpatialAttentionArgs,
	querySpatialAttention,
} from "./spatial/query-spatial-attention.ts";
export { SpatialGate } from "./spatial/spatial-gate.ts";
export { SpatialSqueezeExcite, spatialSqueezeExcite } from "./spatial/spatial-squeeze-excite.ts";
export {
	WindowAttention,
	type WindowAttentionArgs,
	windowAttention,
} from "./spatial/window-attention.ts";
// temporal/: weights on the frames of a video
export {
	FrameAttention,
	type FrameAttentionCall,
	type FrameSizes,
	type FramesAttended,
} from "./temporal/frame-attention.ts";
export {
	type ChooseFramesOptions,
	type ChosenFrames,
	HardFrameSelection,
	type HardFrameSelectionArgs,
	hardFrameSelection,
} from "./temporal/hard-frame-selection.ts";
export {
	QueryTemporalAttention,
	type QueryTemporalAttentionArgs,
	queryTemporalAttention,
} from "./temporal/query-temporal-attention.ts";
export {
	SpatioTemporalAttention,
	type SpatioTemporalAttentionArgs,
	spatioTemporalAttention,
} from "./temporal/spatio-temporal-attention.ts";
export {
	type TemporalMode,
	TemporalSelfAttention,
	type TemporalSelfAttentionArgs,
	temporalSelfAttention,
} from "./temporal/temporal-self-attention.ts";
// token/: images as sequences
export { PatchEmbedding, type PatchEmbeddingArgs, patchEmbedding } from "./token/patch-embedding.ts";
export { type TokenPool, TokenPooling, type TokenPoolingArgs, tokenPooling } from "./token/token-pooling.ts";
export { type VitBlockArgs, vitBlock } from "./token/vit-block.ts";
export { VitEncoder, type VitEncoderArgs, vitEncoder } from "./token/vit-encoder.ts";
export { type VisionAttended, VisionAttention, type VisionCall } from "./vision-attention.ts";
// warp/: where in an image to read
export { AffineGrid, type AffineGridArgs, affineGridLayer } from "./warp/affine-grid-layer.ts";
export { GridSample, type GridSampleArgs, gridSampleLayer } from "./warp/grid-sample-layer.ts";
export type { Localization, MakeLocalization } from "./warp/localization.ts";
export {
	SpatialTransformer,
	type SpatialTransformerArgs,
	spatialTransformer,
} from "./warp/spatial-transformer.ts";
export type { TransformName } from "./warp/transform.ts";
