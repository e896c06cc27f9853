import type { Mechanism } from "../registry.ts";

const common = {
	package: "@heed/core",
	family: "heads",
	domain: "sequence",
	masks: [],
	gradient: "exact",
	backends: ["cpu", "wasm"],
} as const;

/** What this folder offers, for the registry. */
export const headsMechanisms: readonly Mechanism[] = [
	{ ...common, name: "splitHeads", summary: "[batch, length, heads · dim] → [batch, heads, length, dim]." },
	{ ...common, name: "mergeHeads", summary: "[batch, heads, length, dim] → [batch, length, heads · dim]." },
	{ ...common, name: "swapHeadsAndLength", summary: "bshd ↔ bhsd." },
	{
		...common,
		name: "repeatKeyValueHeads",
		summary: "Every key/value head for several adjacent query heads.",
		paper: {
			title: "GQA: Training Generalized Multi-Query Transformer Models from Multi-Head Checkpoints",
			year: 2023,
			url: "https://arxiv.org/abs/2305.13245",
		},
	},
];
