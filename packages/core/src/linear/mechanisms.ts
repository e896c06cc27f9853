import type { Mechanism } from "../registry.ts";

/** What this folder offers, for the registry. */
export const linearMechanisms: readonly Mechanism[] = [
	{
		name: "linearAttention",
		package: "@heed/core",
		family: "linear",
		domain: "sequence",
		summary: "φ(q) · Σ φ(k) vᵀ over φ(q) · Σ φ(k): linear in the length, a recurrence when causal.",
		paper: {
			title: "Transformers are RNNs: Fast Autoregressive Transformers with Linear Attention",
			year: 2020,
			url: "https://arxiv.org/abs/2006.16236",
		},
		masks: ["bool", "lengths", "causal"],
		gradient: "exact",
		backends: ["cpu", "wasm"],
	},
];
