import type { Mechanism } from "@heed/core";

/** The mechanisms of this package, for support tables and benchmarks. */
export const mechanisms: readonly Mechanism[] = [
	{
		name: "multiHeadAttention",
		package: "@heed/layers",
		family: "attention",
		domain: "any",
		summary: "Heads of scaled dot-product attention with projections; self, cross and grouped.",
		paper: { title: "Attention Is All You Need", year: 2017, url: "https://arxiv.org/abs/1706.03762" },
		masks: ["bool", "causal"],
		gradient: "exact",
		backends: ["cpu", "wasm"],
	},
];
