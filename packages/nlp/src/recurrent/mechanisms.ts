import type { Mechanism } from "@heed/core";

/** The mechanisms of this folder. */
export const recurrentMechanisms: readonly Mechanism[] = [
	{
		name: "QrnnCell",
		package: "@heed/nlp",
		family: "recurrent",
		domain: "sequence",
		summary: "gates from a causal convolution over the last inputs, and a recurrence without products",
		paper: {
			title: "Quasi-Recurrent Neural Networks",
			year: 2017,
			url: "https://arxiv.org/abs/1611.01576",
		},
		masks: ["lengths"],
		gradient: "exact",
		backends: ["cpu", "wasm"],
	},
	{
		name: "RecurrentEncoder",
		package: "@heed/nlp",
		family: "recurrent",
		domain: "sequence",
		summary:
			"GRU, LSTM or QRNN layers over tokens in both directions, with multi-head self-attention after each if wanted",
		masks: ["lengths"],
		gradient: "exact",
		backends: ["cpu", "wasm"],
	},
	{
		name: "ConvEncoder",
		package: "@heed/nlp",
		family: "recurrent",
		domain: "sequence",
		summary: "gated convolutions over tokens and their positions, all at once",
		paper: {
			title: "Convolutional Sequence to Sequence Learning",
			year: 2017,
			url: "https://arxiv.org/abs/1705.03122",
		},
		masks: ["lengths"],
		gradient: "exact",
		backends: ["cpu", "wasm"],
	},
	{
		name: "ConvDecoder",
		package: "@heed/nlp",
		family: "recurrent",
		domain: "sequence",
		summary: "causal gated convolutions with attention to the source in every layer, at once or step by step",
		paper: {
			title: "Convolutional Sequence to Sequence Learning",
			year: 2017,
			url: "https://arxiv.org/abs/1705.03122",
		},
		masks: ["lengths", "causal"],
		gradient: "exact",
		backends: ["cpu", "wasm"],
	},
];
