import type { Mechanism } from "@heed/core";

const common = {
	package: "@heed/vision",
	family: "temporal",
	domain: "sequence",
	masks: ["bool"],
	gradient: "exact",
	backends: ["cpu", "wasm"],
} as const;

const tgif = {
	title: "TGIF-QA: Toward Spatio-Temporal Reasoning in Visual Question Answering",
	year: 2017,
	url: "https://arxiv.org/abs/1704.04497",
};

/** The mechanisms of this folder. */
export const temporalMechanisms: readonly Mechanism[] = [
	{
		...common,
		name: "QueryTemporalAttention",
		summary: "Σ softmax(w · tanh(x W + q U + b)) x: a query asks every frame",
		paper: tgif,
	},
	{
		...common,
		name: "SpatioTemporalAttention",
		summary: "A query asks the pixels of every frame, the frames, or both",
		paper: tgif,
	},
	{
		...common,
		name: "TemporalSelfAttention",
		summary: "Frames attend to each other: over time, over time and then space, or over both at once",
		masks: ["bool", "causal"],
		paper: {
			title: "Is Space-Time Attention All You Need for Video Understanding?",
			year: 2021,
			url: "https://arxiv.org/abs/2102.05095",
		},
	},
	{
		...common,
		name: "HardFrameSelection",
		summary: "Keeps k frames: straight-through, Gumbel, top-k or REINFORCE",
		gradient: "estimator",
		paper: {
			title: "Show, Attend and Tell: Neural Image Caption Generation with Visual Attention",
			year: 2015,
			url: "https://arxiv.org/abs/1502.03044",
		},
	},
];
