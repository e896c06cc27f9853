import type { AttentionLayerArgs } from "@heed/layers";
import { type DynamicConv2dArgs, dynamicConv2d } from "./branch/dynamic-conv2d.ts";
import { type SelectiveKernelArgs, selectiveKernel } from "./branch/selective-kernel.ts";
import { type SplitAttentionArgs, splitAttention } from "./branch/split-attention.ts";
import { type CbamChannelGateArgs, cbamChannelGate } from "./channel/cbam-channel-gate.ts";
import { type ChannelQueryAttentionArgs, channelQueryAttention } from "./channel/channel-query-attention.ts";
import {
	type EffectiveSqueezeExciteArgs,
	effectiveSqueezeExcite,
} from "./channel/effective-squeeze-excite.ts";
import {
	type EfficientChannelAttentionArgs,
	efficientChannelAttention,
} from "./channel/efficient-channel-attention.ts";
import {
	type FrequencyChannelAttentionArgs,
	frequencyChannelAttention,
} from "./channel/frequency-channel-attention.ts";
import { type GatedChannelTransformArgs, gatedChannelTransform } from "./channel/gated-channel-transform.ts";
import { type GatherExciteArgs, gatherExcite } from "./channel/gather-excite.ts";
import { type GlobalContextArgs, globalContext } from "./channel/global-context.ts";
import { type HardChannelAttentionArgs, hardChannelAttention } from "./channel/hard-channel-attention.ts";
import { type SqueezeExciteArgs, squeezeExcite } from "./channel/squeeze-excite.ts";
import { type StyleRecalibrationArgs, styleRecalibration } from "./channel/style-recalibration.ts";
import type { ImageAttention } from "./image-attention.ts";
import { type BamArgs, bam } from "./mixed/bam.ts";
import { type CbamArgs, cbam } from "./mixed/cbam.ts";
import { type CoordinateAttentionArgs, coordinateAttention } from "./mixed/coordinate-attention.ts";
import {
	type ResidualAttentionModuleArgs,
	residualAttentionModule,
} from "./mixed/residual-attention-module.ts";
import { type ScaCnnAttentionArgs, scaCnnAttention } from "./mixed/sca-cnn-attention.ts";
import { type ScSEArgs, scSE } from "./mixed/scse.ts";
import { type SimAMArgs, simAM } from "./mixed/sim-am.ts";
import { type TripletAttentionArgs, tripletAttention } from "./mixed/triplet-attention.ts";
import { type AttentionPooling2dArgs, attentionPooling2d } from "./spatial/attention-pooling-2d.ts";
import { type CbamSpatialGateArgs, cbamSpatialGate } from "./spatial/cbam-spatial-gate.ts";
import { type CrissCrossArgs, crissCross } from "./spatial/criss-cross.ts";
import { type KnnAttention2dArgs, knnAttention2d } from "./spatial/knn-attention-2d.ts";
import { type NonLocalArgs, nonLocal } from "./spatial/non-local.ts";
import { type QuerySpatialAttentionArgs, querySpatialAttention } from "./spatial/query-spatial-attention.ts";
import { spatialSqueezeExcite } from "./spatial/spatial-squeeze-excite.ts";
import { type WindowAttentionArgs, windowAttention } from "./spatial/window-attention.ts";
import type { FrameAttention } from "./temporal/frame-attention.ts";
import { type HardFrameSelectionArgs, hardFrameSelection } from "./temporal/hard-frame-selection.ts";
import {
	type QueryTemporalAttentionArgs,
	queryTemporalAttention,
} from "./temporal/query-temporal-attention.ts";
import {
	type SpatioTemporalAttentionArgs,
	spatioTemporalAttention,
} from "./temporal/spatio-temporal-attention.ts";
import { type TemporalSelfAttentionArgs, temporalSelfAttention } from "./temporal/temporal-self-attention.ts";
import { type SpatialTransformerArgs, spatialTransformer } from "./warp/spatial-transformer.ts";

/** The options of every attention on images that {@link createAttention} makes, by the name of the function that makes it. */
export interface ImageAttentionArgsByName {
	readonly squeezeExcite: SqueezeExciteArgs;
	readonly effectiveSqueezeExcite: EffectiveSqueezeExciteArgs;
	readonly efficientChannelAttention: EfficientChannelAttentionArgs;
	readonly gatherExcite: GatherExciteArgs;
	readonly cbamChannelGate: CbamChannelGateArgs;
	readonly styleRecalibration: StyleRecalibrationArgs;
	readonly gatedChannelTransform: GatedChannelTransformArgs;
	readonly frequencyChannelAttention: FrequencyChannelAttentionArgs;
	readonly globalContext: GlobalContextArgs;
	readonly hardChannelAttention: HardChannelAttentionArgs;
	readonly channelQueryAttention: ChannelQueryAttentionArgs;
	readonly cbamSpatialGate: CbamSpatialGateArgs;
	readonly spatialSqueezeExcite: AttentionLayerArgs;
	readonly querySpatialAttention: QuerySpatialAttentionArgs;
	readonly attentionPooling2d: AttentionPooling2dArgs;
	readonly nonLocal: NonLocalArgs;
	readonly knnAttention2d: KnnAttention2dArgs;
	readonly crissCross: CrissCrossArgs;
	readonly windowAttention: WindowAttentionArgs;
	readonly cbam: CbamArgs;
	readonly bam: BamArgs;
	readonly scSE: ScSEArgs;
	readonly scaCnnAttention: ScaCnnAttentionArgs;
	readonly residualAttentionModule: ResidualAttentionModuleArgs;
	readonly coordinateAttention: CoordinateAttentionArgs;
	readonly tripletAttention: TripletAttentionArgs;
	readonly simAM: SimAMArgs;
	readonly selectiveKernel: SelectiveKernelArgs;
	readonly splitAttention: SplitAttentionArgs;
	readonly dynamicConv2d: DynamicConv2dArgs;
	readonly spatialTransformer: SpatialTransformerArgs;
}

/** The options of every attention on the frames of a video that {@link createAttention} makes. */
export interface FrameAttentionArgsByName {
	readonly queryTemporalAttention: QueryTemporalAttentionArgs;
	readonly spatioTemporalAttention: SpatioTemporalAttentionArgs;
	readonly temporalSelfAttention: TemporalSelfAttentionArgs;
	readonly hardFrameSelection: HardFrameSelectionArgs;
}

/** The options of every attention that {@link createAttention} makes. */
export interface AttentionArgsByName extends ImageAttentionArgsByName, FrameAttentionArgsByName {}

/** The functions that make attention on images, by their names. */
export const imageMakers: {
	readonly [N in keyof ImageAttentionArgsByName]: (args?: ImageAttentionArgsByName[N]) => ImageAttention;
} = {
	...{ squeezeExcite, effectiveSqueezeExcite, efficientChannelAttention, gatherExcite, cbamChannelGate },
	...{ styleRecalibration, gatedChannelTransform, frequencyChannelAttention, globalContext },
	...{ hardChannelAttention, channelQueryAttention },
	...{ cbamSpatialGate, spatialSqueezeExcite, querySpatialAttention, attentionPooling2d },
	...{ nonLocal, knnAttention2d, crissCross, windowAttention },
	...{ cbam, bam, scSE, scaCnnAttention, residualAttentionModule },
	...{ coordinateAttention, tripletAttention, simAM },
	...{ selectiveKernel, splitAttention, dynamicConv2d, spatialTransformer },
};

/** The functions that make attention on frames, by their names. */
export const frameMakers: {
	readonly [N in keyof FrameAttentionArgsByName]: (args?: FrameAttentionArgsByName[N]) => FrameAttention;
} = { queryTemporalAttention, spatioTemporalAttention, temporalSelfAttention, hardFrameSelection };
