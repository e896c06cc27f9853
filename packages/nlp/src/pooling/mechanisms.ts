import type { Mechanism } from "@heed/core";

/** The mechanisms of this folder. */
export const poolingMechanisms: readonly Mechanism[] = [
	{
		name: "ContextPooling",
		package: "@heed/nlp",
		family: "pooling",
		domain: "sequence",
		summary: "softmax(tanh(x W + b) · c): a learned context vector asks every position of a sequence",
		paper: {
			title: "Hierarchical Attention Networks for Document Classification",
			year: 2016,
			url: "https://aclanthology.org/N16-1174",
		},
		masks: ["bool"],
		gradient: "exact",
		backends: ["cpu", "wasm"],
	},
	{
		name: "StaticAttention",
		package: "@heed/nlp",
		family: "pooling",
		domain: "sequence",
		summary: "softmax(w · tanh(y W + q U)): one question to the whole sequence, asked once",
		paper: {
			title: "Teaching Machines to Read and Comprehend",
			year: 2015,
			url: "https://arxiv.org/abs/1506.03340",
		},
		masks: ["bool"],
		gradient: "exact",
		backends: ["cpu", "wasm"],
	},
	{
		name: "StructuredSelfAttention",
		package: "@heed/nlp",
		family: "pooling",
		domain: "sequence",
		summary: "softmax(tanh(x W₁) W₂) for several hops, with the penalty ‖AAᵀ − I‖²",
		paper: {
			title: "A Structured Self-attentive Sentence Embedding",
			year: 2017,
			url: "https://arxiv.org/abs/1703.03130",
		},
		masks: ["bool"],
		gradient: "exact",
		backends: ["cpu", "wasm"],
	},
	{
		name: "structuredPenalty",
		package: "@heed/nlp",
		family: "pooling",
		domain: "sequence",
		summary: "‖A Aᵀ − I‖²: how much the hops of a structured self-attention look at the same places",
		paper: {
			title: "A Structured Self-attentive Sentence Embedding",
			year: 2017,
			url: "https://arxiv.org/abs/1703.03130",
		},
		masks: [],
		gradient: "exact",
		backends: ["cpu", "wasm"],
	},
];
