import type { Mechanism } from "@heed/core";

const transformer = {
	title: "Attention Is All You Need",
	year: 2017,
	url: "https://arxiv.org/abs/1706.03762",
} as const;
const common = {
	package: "@heed/layers",
	domain: "any",
	gradient: "exact",
	backends: ["cpu", "wasm"],
} as const;

/** The mechanisms of this package, for support tables and benchmarks. */
export const layersMechanisms: readonly Mechanism[] = [
	{
		...{ name: "multiHeadAttention", family: "attention", ...common },
		summary:
			"heads of scaled dot-product attention with projections: self, cross, grouped, rotary, ALiBi, T5, Shaw, cached",
		paper: transformer,
		masks: ["bool", "causal", "window"],
	},
	{
		...{ name: "additiveAttention", family: "attention", ...common },
		summary: "softmax(vᵀ tanh(W q + U k)) over a memory, with projections or as Keras has it",
		paper: {
			title: "Neural Machine Translation by Jointly Learning to Align and Translate",
			year: 2014,
			url: "https://arxiv.org/abs/1409.0473",
		},
		masks: ["bool"],
	},
	{
		...{ name: "dotAttention", family: "attention", ...common },
		summary: "softmax(q kᵀ) over a memory, without projections; sparsemax, entmax and sigmoid too",
		paper: {
			title: "Effective Approaches to Attention-based Neural Machine Translation",
			year: 2015,
			url: "https://arxiv.org/abs/1508.04025",
		},
		masks: ["bool", "causal"],
	},
	{
		...{ name: "transformerEncoderLayer", family: "transformer", ...common },
		summary: "self-attention and a feed-forward network, each with its norm, before or after",
		paper: transformer,
		masks: ["bool", "causal", "window"],
	},
	{
		...{ name: "transformerDecoderLayer", family: "transformer", ...common },
		summary: "causal self-attention, attention to a memory, and a feed-forward network",
		paper: transformer,
		masks: ["bool", "causal", "window"],
	},
	{
		...{ name: "feedForward", family: "transformer", ...common },
		summary: "two projections with an activation between them, plain or gated (GLU, GEGLU, SwiGLU)",
		paper: { title: "GLU Variants Improve Transformer", year: 2020, url: "https://arxiv.org/abs/2002.05202" },
		masks: [],
	},
	{
		...{ name: "positionEmbedding", family: "position", ...common },
		summary: "adds waves or the rows of a trained table to embeddings",
		paper: transformer,
		masks: [],
	},
	{
		...{ name: "rmsNormalization", family: "normalization", ...common },
		summary: "gamma · x / √(mean(x²) + ε) over the features",
		paper: {
			title: "Root Mean Square Layer Normalization",
			year: 2019,
			url: "https://arxiv.org/abs/1910.07467",
		},
		masks: [],
	},
	{
		...{ name: "layerNorm", family: "normalization", ...common },
		summary: "gamma · (x − mean) / √(variance + ε) + beta over the features, as one operation",
		paper: { title: "Layer Normalization", year: 2016, url: "https://arxiv.org/abs/1607.06450" },
		masks: [],
	},
];
