import { HeedError, nearestName } from "@heed/core";
import type { Shape } from "@tensorflow/tfjs-layers";
import {
	type AttentionArgsByName,
	type FrameAttentionArgsByName,
	frameMakers,
	imageMakers,
} from "./attention-makers.ts";
import type { ImageAttention } from "./image-attention.ts";
import type { FrameAttention } from "./temporal/frame-attention.ts";
import { VisionAttention } from "./vision-attention.ts";

/** Short names, most of them timm's or a paper's, and what they stand for. */
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
	readonly sca: "scaCnnAttention";
	readonly ra: "residualAttentionModule";
	readonly coord: "coordinateAttention";
	readonly coordinate: "coordinateAttention";
	readonly "residual-attention": "residualAttentionModule";
	readonly gct: "gatedChannelTransform";
	readonly "hard-channel": "hardChannelAttention";
	readonly "cbam-channel": "cbamChannelGate";
	readonly "cbam-spatial": "cbamSpatialGate";
	readonly "spatial-se": "spatialSqueezeExcite";
	readonly "non-local": "nonLocal";
	readonly "criss-cross": "crissCross";
	readonly window: "windowAttention";
	readonly triplet: "tripletAttention";
	readonly simam: "simAM";
	readonly sk: "selectiveKernel";
	readonly splat: "splitAttention";
	readonly "dynamic-conv": "dynamicConv2d";
	readonly "cond-conv": "dynamicConv2d";
	readonly stn: "spatialTransformer";
	readonly tgif: "spatioTemporalAttention";
	readonly timesformer: "temporalSelfAttention";
}

const shortNames: AttentionShortNames = {
	...{ se: "squeezeExcite", ese: "effectiveSqueezeExcite" },
	...{ eca: "efficientChannelAttention", ceca: "efficientChannelAttention", ge: "gatherExcite" },
	...{ gc: "globalContext", gca: "globalContext", srm: "styleRecalibration" },
	...{ fca: "frequencyChannelAttention", nl: "nonLocal", knn: "knnAttention2d", scse: "scSE" },
	...{ sca: "scaCnnAttention", ra: "residualAttentionModule", coord: "coordinateAttention" },
	...{ coordinate: "coordinateAttention", "residual-attention": "residualAttentionModule" },
	...{ gct: "gatedChannelTransform", "hard-channel": "hardChannelAttention" },
	...{ "cbam-channel": "cbamChannelGate", "cbam-spatial": "cbamSpatialGate" },
	...{ "spatial-se": "spatialSqueezeExcite", "non-local": "nonLocal" },
	...{ "criss-cross": "crissCross", window: "windowAttention" },
	...{ triplet: "tripletAttention", simam: "simAM", sk: "selectiveKernel", splat: "splitAttention" },
	...{ "dynamic-conv": "dynamicConv2d", "cond-conv": "dynamicConv2d", stn: "spatialTransformer" },
	...{ tgif: "spatioTemporalAttention", timesformer: "temporalSelfAttention" },
};

/** What a short name sets beside. */
const presets: Readonly<Record<string, object>> = {
	...{ ceca: { circular: true }, gca: { fuse: "scale" }, "cond-conv": { routing: "sigmoid" } },
	timesformer: { mode: "divided" },
};

/** What {@link createAttention} knows: the names of the functions that make layers, and short ones. */
export type AttentionName = keyof AttentionArgsByName | keyof AttentionShortNames;

/** What a name stands for. */
export type FullAttentionName<N extends AttentionName> = N extends keyof AttentionShortNames
	? AttentionShortNames[N]
	: N extends keyof AttentionArgsByName
		? N
		: never;

/** The options that go with a name. */
export type AttentionOptions<N extends AttentionName> = AttentionArgsByName[FullAttentionName<N>];

/** The layer that goes with a name: on images, or on the frames of a video. */
export type NamedAttention<N extends AttentionName> = N extends AttentionName
	? FullAttentionName<N> extends keyof FrameAttentionArgsByName
		? FrameAttention
		: ImageAttention
	: never;

/** The names of attention on images. */
export type ImageAttentionName = {
	[N in AttentionName]: NamedAttention<N> extends ImageAttention ? N : never;
}[AttentionName];

const makers = { ...imageMakers, ...frameMakers };

/** All names of {@link createAttention}. */
export const attentionNames: readonly AttentionName[] = [
	...(Object.keys(makers) as (keyof AttentionArgsByName)[]),
	...(Object.keys(shortNames) as (keyof AttentionShortNames)[]),
];

/**
 * Makes an attention on images or on the frames of a video by its name, so that a config or a command line can choose it. Short
 * names are timm's where timm has one; defaults are those of this package, which for `se` and `cbam` are the released networks':
 * `variant: 'timm'` gives timm's.
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
): NamedAttention<N> {
	if (!attentionNames.includes(name)) {
		const list = attentionNames.map((known) => `'${known}'`).join(", ");
		const nearest = nearestName(String(name), attentionNames);
		const hint = nearest === undefined ? "" : ` Did you mean '${nearest}'?`;
		const message = `\`name\` is ${JSON.stringify(name)}; expected ${list}.${hint}`;
		throw new HeedError("OPTION", "createAttention", message);
	}
	const full = name in shortNames ? shortNames[name as keyof AttentionShortNames] : name;
	const make = makers[full as keyof AttentionArgsByName] as (args: object) => NamedAttention<N>;
	return make({ ...presets[name], ...options });
}

/**
 * How many numbers an attention trains on inputs of such a shape; none of them is made.
 *
 * When not to use it: for a layer that is built, which has `countParams()`; that counts statistics as well.
 *
 * @param inputShape `[batch, height, width, channels]`, or of frames `[batch, frames, features]` or `[batch, frames, height, width,
 * channels]`; and `[batch, querySize]` as a second one where a query is asked for.
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
	const layer: VisionAttention = createAttention(name, options);
	if (!Array.isArray(inputShape)) {
		const message = `\`inputShape\` is ${JSON.stringify(inputShape) ?? String(inputShape)}; expected sizes, such as [null, null, null, 64].`;
		throw new HeedError("SHAPE", "expectedParams", message);
	}
	return VisionAttention.countTrained(layer, inputShape);
}
