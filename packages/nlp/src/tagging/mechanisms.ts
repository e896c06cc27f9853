import type { Mechanism } from "@heed/core";

/** The mechanisms of this folder. */
export const taggingMechanisms: readonly Mechanism[] = [
	{
		name: "crfLogLikelihood",
		package: "@heed/nlp",
		family: "tagging",
		domain: "sequence",
		summary: "linear-chain CRF: score(y) − log Σ exp(score(y')) over all tag paths, by the forward algorithm",
		paper: {
			title: "Neural Architectures for Named Entity Recognition",
			year: 2016,
			url: "https://arxiv.org/abs/1603.01360",
		},
		masks: ["lengths"],
		gradient: "exact",
		backends: ["cpu", "wasm"],
	},
	{
		name: "viterbiDecode",
		package: "@heed/nlp",
		family: "tagging",
		domain: "sequence",
		summary: "argmax score(y) over all tag paths of a linear-chain CRF, by the Viterbi algorithm",
		paper: {
			title: "Neural Architectures for Named Entity Recognition",
			year: 2016,
			url: "https://arxiv.org/abs/1603.01360",
		},
		masks: ["lengths"],
		gradient: "none",
		backends: ["cpu", "wasm"],
	},
];
