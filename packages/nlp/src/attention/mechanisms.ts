import type { Mechanism } from "@heed/core";

/** The mechanisms of this folder. */
export const attentionMechanisms: readonly Mechanism[] = [
	{
		name: "BahdanauAttention",
		package: "@heed/nlp",
		family: "attention",
		domain: "sequence",
		summary:
			"softmax(vᵀ tanh(W q + U m_j)): a small network scores each position; normalised with `normalize`",
		paper: {
			title: "Neural Machine Translation by Jointly Learning to Align and Translate",
			year: 2014,
			url: "https://arxiv.org/abs/1409.0473",
		},
		masks: ["bool", "lengths"],
		gradient: "exact",
		backends: ["cpu", "wasm"],
	},
	{
		name: "LuongAttention",
		package: "@heed/nlp",
		family: "attention",
		domain: "sequence",
		summary: "softmax(qᵀ W m_j): the general multiplicative score",
		paper: {
			title: "Effective Approaches to Attention-based Neural Machine Translation",
			year: 2015,
			url: "https://arxiv.org/abs/1508.04025",
		},
		masks: ["bool", "lengths"],
		gradient: "exact",
		backends: ["cpu", "wasm"],
	},
];
