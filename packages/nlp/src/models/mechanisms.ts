import type { Mechanism } from "@heed/core";

/** The models of this folder. */
export const modelMechanisms: readonly Mechanism[] = [
	{
		name: "Transformer",
		package: "@heed/nlp",
		family: "models",
		domain: "sequence",
		summary:
			"encoder and decoder of attention alone: translation, with a cache that makes a step cost one token",
		paper: {
			title: "Attention Is All You Need",
			year: 2017,
			url: "https://arxiv.org/abs/1706.03762",
		},
		masks: ["lengths", "causal"],
		gradient: "exact",
		backends: ["cpu", "wasm"],
	},
	{
		name: "DecoderLM",
		package: "@heed/nlp",
		family: "models",
		domain: "sequence",
		summary:
			"a language model in the shape of GPT or Llama, with ragged prompts and a cache; reads the weights of both",
		paper: {
			title: "Language Models are Unsupervised Multitask Learners",
			year: 2019,
			url: "https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf",
		},
		masks: ["lengths", "causal", "window"],
		gradient: "exact",
		backends: ["cpu", "wasm"],
	},
	{
		name: "BertEncoder",
		package: "@heed/nlp",
		family: "models",
		domain: "sequence",
		summary: "reads a whole text at once: vectors, masked tokens, classes of tokens and of texts",
		paper: {
			title: "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding",
			year: 2018,
			url: "https://arxiv.org/abs/1810.04805",
		},
		masks: ["bool", "lengths"],
		gradient: "exact",
		backends: ["cpu", "wasm"],
	},
];
