import { checkChoice, checkOptions } from "@heed/core";
import { BahdanauAttention, type BahdanauAttentionArgs } from "./bahdanau-attention.ts";
import { CoverageAttention, type CoverageAttentionArgs } from "./coverage-attention.ts";
import type { DecoderAttentionLayer } from "./decoder-attention.ts";
import { GaussianWindowAttention, type GaussianWindowAttentionArgs } from "./gaussian-window-attention.ts";
import { HardAttention, type HardAttentionArgs } from "./hard-attention.ts";
import { LocalAttention, type LocalAttentionArgs } from "./local-attention.ts";
import { LocationAttention, type LocationAttentionArgs } from "./location-attention.ts";
import { LocationAwareAttention, type LocationAwareAttentionArgs } from "./location-aware-attention.ts";
import { LuongAttention, type LuongAttentionArgs } from "./luong-attention.ts";
import { MonotonicAttention, type MonotonicAttentionArgs } from "./monotonic-attention.ts";
import {
	MultiHeadDecoderAttention,
	type MultiHeadDecoderAttentionArgs,
} from "./multi-head-decoder-attention.ts";

/** The arguments of each mechanism that a config may name; each is explained at the layer's own arguments. */
export interface AttentionArguments {
	/** {@link BahdanauAttention}, additive. */
	readonly bahdanau: Pick<BahdanauAttentionArgs, "units" | "normalize" | "normalizer">;
	/** {@link LuongAttention}: dot, general or concat. */
	readonly luong: Pick<LuongAttentionArgs, "score" | "units" | "scale" | "normalizer">;
	/** {@link LocationAttention}: by the decoder's state alone. */
	readonly location: Pick<LocationAttentionArgs, "maxSourceLength" | "normalizer">;
	/** {@link LocalAttention}: a window, monotonic or predicted. */
	readonly local: Pick<
		LocalAttentionArgs,
		"score" | "units" | "scale" | "normalizer" | "halfWidth" | "alignment"
	>;
	/** {@link MultiHeadDecoderAttention}. */
	readonly multiHead: Pick<MultiHeadDecoderAttentionArgs, "numHeads" | "keyDim">;
	/** {@link LocationAwareAttention}: additive, with a convolution of earlier alignments. */
	readonly locationAware: Pick<
		LocationAwareAttentionArgs,
		"units" | "filters" | "kernelSize" | "alignments" | "sharpening" | "smoothing"
	>;
	/** {@link GaussianWindowAttention}: windows that move forward. */
	readonly gaussian: Pick<GaussianWindowAttentionArgs, "components">;
	/** {@link MonotonicAttention}: parallel in training, hard in use. */
	readonly monotonic: Pick<MonotonicAttentionArgs, "units" | "normalize" | "scoreBias" | "noise" | "mode">;
	/** {@link HardAttention}: one position per step. */
	readonly hard: Pick<
		HardAttentionArgs,
		"score" | "units" | "maxSourceLength" | "estimator" | "temperature" | "softRate"
	>;
	/** {@link CoverageAttention}: additive, with what each position has had. */
	readonly coverage: Pick<CoverageAttentionArgs, "units">;
}

/** The names that a config may have. */
export type AttentionKind = keyof AttentionArguments;

/** A mechanism as JSON: its name and its arguments. */
export type AttentionConfig = {
	[Kind in AttentionKind]: { readonly kind: Kind } & AttentionArguments[Kind];
}[AttentionKind];

interface Entry<Arguments> {
	/** The names of its arguments. */
	readonly known: readonly (keyof Arguments & string)[];
	/** Who asks in the mechanism's paper: the previous state, before the cell runs, or the current one, after it. */
	readonly attend: "beforeCell" | "afterCell";
	make(args: Arguments & { readonly seed: number }): DecoderAttentionLayer;
}

const entries: { readonly [Kind in AttentionKind]: Entry<AttentionArguments[Kind]> } = {
	bahdanau: {
		known: ["units", "normalize", "normalizer"],
		attend: "beforeCell",
		make: (args) => new BahdanauAttention(args),
	},
	luong: {
		known: ["score", "units", "scale", "normalizer"],
		attend: "afterCell",
		make: (args) => new LuongAttention(args),
	},
	location: {
		known: ["maxSourceLength", "normalizer"],
		attend: "afterCell",
		make: (args) => new LocationAttention(args),
	},
	local: {
		known: ["score", "units", "scale", "normalizer", "halfWidth", "alignment"],
		attend: "afterCell",
		make: (args) => new LocalAttention(args),
	},
	multiHead: {
		known: ["numHeads", "keyDim"],
		attend: "afterCell",
		make: (args) => new MultiHeadDecoderAttention(args),
	},
	locationAware: {
		known: ["units", "filters", "kernelSize", "alignments", "sharpening", "smoothing"],
		attend: "beforeCell",
		make: (args) => new LocationAwareAttention(args),
	},
	gaussian: {
		known: ["components"],
		attend: "beforeCell",
		make: (args) => new GaussianWindowAttention(args),
	},
	monotonic: {
		known: ["units", "normalize", "scoreBias", "noise", "mode"],
		attend: "beforeCell",
		make: (args) => new MonotonicAttention(args),
	},
	hard: {
		known: ["score", "units", "maxSourceLength", "estimator", "temperature", "softRate"],
		attend: "beforeCell",
		make: (args) => new HardAttention(args),
	},
	coverage: { known: ["units"], attend: "afterCell", make: (args) => new CoverageAttention(args) },
};

/** The kinds of {@link AttentionConfig}. */
export const attentionKinds = Object.keys(entries) as readonly AttentionKind[];

/** Makes the mechanism that a config describes. */
export function attentionByName(where: string, config: AttentionConfig, seed: number): DecoderAttentionLayer {
	checkChoice(where, "attention.kind", config.kind, attentionKinds);
	const { kind, ...args } = config;
	const { known, make } = entries[kind] as Entry<object>;
	checkOptions(`${where} attention '${kind}'`, args, known);
	return make({ ...args, seed });
}

/** Who asks a mechanism unless the model says otherwise, as in its paper. */
export function usualAttend(kind: AttentionKind | "custom"): "beforeCell" | "afterCell" {
	return kind === "custom" ? "beforeCell" : entries[kind].attend;
}
