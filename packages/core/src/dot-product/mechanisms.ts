import type { Mechanism } from "../registry.ts";

/** What this folder offers, for the registry. */
export const dotProductMechanisms: readonly Mechanism[] = [
	{
		name: "scaledDotProductAttention",
		package: "@heed/core",
		family: "attention",
		domain: "any",
		summary: "softmax(scale · Q Kᵀ + bias) V, in blocks, with grouped heads.",
		paper: { title: "Attention Is All You Need", year: 2017, url: "https://arxiv.org/abs/1706.03762" },
		masks: ["bool", "bias", "lengths", "causal", "window"],
		gradient: "exact",
		backends: ["cpu", "wasm", "webgpu"],
	},
];
