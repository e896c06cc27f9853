import type { Mechanism } from "@heed/core";

const common = {
	package: "@heed/vision",
	family: "hard",
	domain: "image",
	masks: [],
	gradient: "estimator",
	backends: ["cpu", "wasm"],
	paper: {
		title: "Recurrent Models of Visual Attention",
		year: 2014,
		url: "https://arxiv.org/abs/1406.6247",
	},
} as const;

/** The mechanisms of this folder. */
export const hardMechanisms: readonly Mechanism[] = [
	{
		...common,
		name: "GlimpseSensor",
		summary: "Square patches around a place, sharp in the middle and coarse around it: R x Cᵀ",
		masks: ["bool"],
		gradient: "exact",
	},
	{
		...common,
		name: "GlimpseNetwork",
		summary: "relu(W relu(patches) + V relu(place)): what was seen, and where",
		masks: ["bool"],
		gradient: "exact",
	},
	{
		...common,
		name: "LocationPolicy",
		summary: "l ~ N(tanh(W h + b), std²): where to look next, learnt by reward",
	},
	{
		...common,
		name: "RecurrentAttentionModel",
		summary:
			"RAM: recognises an image by a few glimpses; REINFORCE with a learned baseline; its core `deep` has DRAM's two LSTMs",
	},
	{
		...common,
		name: "DeepRecurrentAttentionModel",
		summary:
			"DRAM: reads several objects off an image, a few glimpses for each; convolutions, two LSTMs, REINFORCE",
		paper: {
			title: "Multiple Object Recognition with Visual Attention",
			year: 2014,
			url: "https://arxiv.org/abs/1412.7755",
		},
	},
];
