import type { Mechanism } from "@heed/core";

const common = {
	package: "@heed/nlp",
	family: "decode",
	domain: "sequence",
	masks: [],
	gradient: "none",
	backends: ["cpu", "wasm"],
} as const;

/** The searches of this folder. */
export const decodeMechanisms: readonly Mechanism[] = [
	{
		...common,
		name: "greedyDecode",
		summary: "argmax log p(w | what was written, source) at every step: the cheapest search",
	},
	{
		...common,
		name: "beamDecode",
		summary:
			"the best few hypotheses go on at every step, with penalties for length and for what is left out",
		paper: {
			title: "Sequence to Sequence Learning with Neural Networks",
			year: 2014,
			url: "https://arxiv.org/abs/1409.3215",
		},
	},
	{
		...common,
		name: "sampleDecode",
		summary: "draws each token from the model's distribution: temperature, top-k, top-p, min-p, seeded",
		paper: {
			title: "The Curious Case of Neural Text Degeneration",
			year: 2020,
			url: "https://arxiv.org/abs/1904.09751",
		},
	},
];
