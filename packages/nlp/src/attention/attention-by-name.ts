import { checkChoice, checkOptions } from "@heed/core";
import { BahdanauAttention, type BahdanauAttentionArgs } from "./bahdanau-attention.ts";
import type { DecoderAttentionLayer } from "./decoder-attention.ts";
import { LuongAttention, type LuongAttentionArgs } from "./luong-attention.ts";

/** A mechanism as JSON: its name and its arguments. */
export type AttentionConfig =
	| ({ readonly kind: "bahdanau" } & Pick<BahdanauAttentionArgs, "units" | "normalize">)
	| ({ readonly kind: "luong" } & Pick<LuongAttentionArgs, "scale">);

/** The kinds of {@link AttentionConfig}. */
export const attentionKinds = ["bahdanau", "luong"] as const;

/** Makes the mechanism that a config describes. */
export function attentionByName(where: string, config: AttentionConfig, seed: number): DecoderAttentionLayer {
	checkChoice(where, "attention.kind", config.kind, attentionKinds);
	const { kind, ...args } = config;
	checkOptions(
		`${where} attention '${kind}'`,
		args,
		kind === "bahdanau" ? ["units", "normalize"] : ["scale"],
	);
	return kind === "bahdanau"
		? new BahdanauAttention({ ...(args as BahdanauAttentionArgs), seed })
		: new LuongAttention({ ...(args as LuongAttentionArgs), seed });
}
