import type { Mechanism } from "@heed/core";

const read = {
	package: "@heed/nlp",
	family: "reading",
	domain: "sequence",
	gradient: "exact",
	backends: ["cpu", "wasm"],
} as const;

const hermann = {
	title: "Teaching Machines to Read and Comprehend",
	year: 2015,
	url: "https://arxiv.org/abs/1506.03340",
};

const cui = {
	title: "Attention-over-Attention Neural Networks for Reading Comprehension",
	year: 2016,
	url: "https://arxiv.org/abs/1607.04423",
};

/** The mechanisms of this folder, and the readers that are made of them. */
export const readingMechanisms: readonly Mechanism[] = [
	{
		...read,
		name: "attentionOverAttention",
		summary: "s = Σ_j β_j α_j: every query word attends to the document, which votes on the query words",
		paper: cui,
		masks: ["bool"],
	},
	{
		...read,
		name: "sumByWord",
		summary: "P(w) = Σ s_i over the places i of word w: from attention to an answer",
		paper: {
			title: "Text Understanding with the Attention Sum Reader Network",
			year: 2016,
			url: "https://arxiv.org/abs/1603.01547",
		},
		masks: [],
	},
	{
		...read,
		name: "AttentionOverAttentionReader",
		summary: "two recurrent nets and attention over attention: answers a cloze by pointing into the document",
		paper: cui,
		masks: ["lengths"],
	},
	{
		...read,
		name: "AttentiveReader",
		summary: "softmax(wᵀ tanh(W_ym y_t + W_um u)): the whole question looks at the document once",
		paper: hermann,
		masks: ["lengths"],
	},
	{
		...read,
		name: "ImpatientReader",
		summary:
			"r_i = Σ_t s_it y_t + tanh(W_rr r_{i−1}): the document is read again at every word of the question",
		paper: hermann,
		masks: ["lengths"],
	},
];
