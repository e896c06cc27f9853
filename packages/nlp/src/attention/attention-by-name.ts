import { checkChoice, checkOptions } from "@heed/core";
import { BahdanauAttention, type BahdanauAttentionArgs } from "./bahdanau-attention.ts";
import type { DecoderAttentionLayer } from "./decoder-attention.ts";
import { LuongAttention, type LuongAttentionArgs } from "./luong-attention.ts";

/** The arguments of each mechanism that a config may name. */
interface AttentionArguments {
	readonly bahdanau: Pick<BahdanauAttentionArgs, "units" | "normalize">;
	readonly luong: Pick<LuongAttentionArgs, "scale">;
}

type AttentionKind = keyof AttentionArguments;

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
		known: ["units", "normalize"],
		attend: "beforeCell",
		make: (args) => new BahdanauAttention(args),
	},
	luong: { known: ["scale"], attend: "afterCell", make: (args) => new LuongAttention(args) },
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
