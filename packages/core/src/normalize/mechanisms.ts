import type { Mechanism } from "../registry.ts";

const common = {
	package: "@heed/core",
	family: "normalize",
	domain: "any",
	masks: ["bool"],
	gradient: "exact",
	backends: ["cpu", "wasm"],
} as const;

/** What this folder offers, for the registry. */
export const normalizeMechanisms: readonly Mechanism[] = [
	{ ...common, name: "maskedSoftmax", summary: "exp(x) over its sum, over live scores; dead rows are zero." },
	{ ...common, name: "maskedLogSoftmax", summary: "Logarithm of maskedSoftmax, without its underflow." },
	{
		...common,
		name: "sparsemax",
		summary: "Projection onto the simplex: max(x - τ, 0), with exact zeros.",
		paper: {
			title: "From Softmax to Sparsemax: A Sparse Model of Attention and Multi-Label Classification",
			year: 2016,
			url: "https://arxiv.org/abs/1602.02068",
		},
	},
	{
		...common,
		name: "entmax15",
		summary: "max(x/2 - τ, 0)²: between softmax and sparsemax.",
		paper: {
			title: "Sparse Sequence-to-Sequence Models",
			year: 2019,
			url: "https://arxiv.org/abs/1905.05702",
		},
	},
	{
		...common,
		name: "entmax",
		summary:
			"max((α - 1)x - τ, 0)^(1/(α - 1)): from softmax (α = 1) to sparsemax (2) and beyond; α may be learned.",
		paper: {
			title: "Adaptively Sparse Transformers",
			year: 2019,
			url: "https://arxiv.org/abs/1909.00015",
		},
	},
	{
		...common,
		name: "topKSoftmax",
		summary: "Softmax over exactly the k largest scores.",
		paper: {
			title: "Explicit Sparse Transformer: Concentrated Attention Through Explicit Selection",
			year: 2019,
			url: "https://arxiv.org/abs/1912.11637",
		},
	},
	{
		...common,
		name: "sigmoidNormalizer",
		summary: "1 / (1 + exp(-x)): a gate for every score on its own.",
		paper: {
			title: "Theory, Analysis, and Best Practices for Sigmoid Self-Attention",
			year: 2024,
			url: "https://arxiv.org/abs/2409.04431",
		},
	},
	{
		...common,
		name: "hardmax",
		summary: "1 at the first of the largest scores, 0 elsewhere.",
		gradient: "none",
	},
];
