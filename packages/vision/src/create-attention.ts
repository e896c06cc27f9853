import { checkChoice } from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import type { Shape } from "@tensorflow/tfjs-layers";
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
import { ImageAttention } from "./image-attention.ts";
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

/** The options of every attention that {@link createAttention} makes, by the name of the function that makes it. */
export interface AttentionArgsByName {
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
}

const makers: {
	readonly [N in keyof AttentionArgsByName]: (args?: AttentionArgsByName[N]) => ImageAttention;
} = {
	...{ squeezeExcite, effectiveSqueezeExcite, efficientChannelAttention, gatherExcite, cbamChannelGate },
	...{ styleRecalibration, gatedChannelTransform, frequencyChannelAttention, globalContext },
	...{ hardChannelAttention, channelQueryAttention },
	...{ cbamSpatialGate, spatialSqueezeExcite, querySpatialAttention, attentionPooling2d },
	...{ nonLocal, knnAttention2d, crissCross, windowAttention },
	...{ cbam, bam, scSE, scaCnnAttention, residualAttentionModule },
	...{ coordinateAttention, tripletAttention, simAM },
};

/** Short names, most of them timm's, and what they stand for. */
export interface AttentionShortNames {
	readonly se: "squeezeExcite";
	readonly ese: "effectiveSqueezeExcite";
	readonly eca: "efficientChannelAttention";
	readonly ceca: "efficientChannelAttention";
	readonly ge: "gatherExcite";
	readonly gc: "globalContext";
	readonly gca: "globalContext";
	readonly srm: "styleRecalibration";
	readonly fca: "frequencyChannelAttention";
	readonly nl: "nonLocal";
	readonly knn: "knnAttention2d";
	readonly scse: "scSE";
	readonly ra: "residualAttentionModule";
	readonly coord: "coordinateAttention";
	readonly triplet: "tripletAttention";
	readonly simam: "simAM";
}

const shortNames: AttentionShortNames = {
	...{ se: "squeezeExcite", ese: "effectiveSqueezeExcite" },
	...{ eca: "efficientChannelAttention", ceca: "efficientChannelAttention", ge: "gatherExcite" },
	...{ gc: "globalContext", gca: "globalContext", srm: "styleRecalibration" },
	...{ fca: "frequencyChannelAttention", nl: "nonLocal", knn: "knnAttention2d", scse: "scSE" },
	...{ ra: "residualAttentionModule", coord: "coordinateAttention", triplet: "tripletAttention" },
	simam: "simAM",
};

/** What a short name sets beside. */
const presets: Readonly<Record<string, object>> = { ceca: { circular: true }, gca: { fuse: "scale" } };

/** What {@link createAttention} knows: the names of the functions that make layers, and short ones. */
export type AttentionName = keyof AttentionArgsByName | keyof AttentionShortNames;

/** The options that go with a name. */
export type AttentionOptions<N extends AttentionName> =
	AttentionArgsByName[N extends keyof AttentionShortNames
		? AttentionShortNames[N]
		: N extends keyof AttentionArgsByName
			? N
			: never];

/** All names of {@link createAttention}. */
export const attentionNames: readonly AttentionName[] = [
	...(Object.keys(makers) as (keyof AttentionArgsByName)[]),
	...(Object.keys(shortNames) as (keyof AttentionShortNames)[]),
];

/**
 * Makes an attention on images by its name, so that a config or a command line can choose it. Short names are timm's where timm has
 * one; defaults are those of this package, which for `se` and `cbam` are the released networks': `variant: 'timm'` gives timm's.
 *
 * When not to use it: where the attention is known when the program is written; `squeezeExcite()` brings only its own code along.
 *
 * @param name One of {@link attentionNames}.
 * @param options Those of the function of that name.
 * @throws HeedError `OPTION` for a name that is none, or an option that the attention does not have.
 *
 * @example
 * const y = createAttention("cbam", { rdRatio: 1 / 8 }).apply(x);
 */
export function createAttention<N extends AttentionName>(
	name: N,
	options: AttentionOptions<N> = {} as AttentionOptions<N>,
): ImageAttention {
	checkChoice("createAttention", "name", name, attentionNames);
	const full = name in shortNames ? shortNames[name as keyof AttentionShortNames] : name;
	const make = makers[full as keyof AttentionArgsByName] as (args: object) => ImageAttention;
	return make({ ...presets[name], ...options });
}

/**
 * How many numbers an attention trains on inputs of such a shape; none of them is made.
 *
 * When not to use it: for a layer that is built, which has `countParams()`; that counts statistics as well.
 *
 * @param inputShape `[batch, height, width, channels]`, and `[batch, querySize]` as a second one where a query is asked for.
 * @throws HeedError as {@link createAttention}, and `SHAPE`.
 *
 * @example
 * expectedParams("se", {}, [null, null, null, 256]); // 8464
 */
export function expectedParams<N extends AttentionName>(
	name: N,
	options: AttentionOptions<N>,
	inputShape: Shape | Shape[],
): number {
	return ImageAttention.countTrained(createAttention(name, options), inputShape);
}
