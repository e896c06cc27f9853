import type { Mechanism } from "@heed/core";

const common = {
	package: "@heed/vision",
	family: "spatial",
	domain: "image",
	masks: ["bool"],
	gradient: "exact",
	backends: ["cpu", "wasm"],
} as const;

/** The mechanisms of this folder. */
export const spatialMechanisms: readonly Mechanism[] = [
	{
		...common,
		name: "CbamSpatialGate",
		summary: "x · sigmoid(batchNorm(conv7×7([max, mean] over channels))): the spatial half of CBAM",
		paper: {
			title: "CBAM: Convolutional Block Attention Module",
			year: 2018,
			url: "https://arxiv.org/abs/1807.06521",
		},
	},
	{
		...common,
		name: "SpatialSqueezeExcite",
		summary: "x · sigmoid(x · w + b): every pixel weighs itself",
		paper: {
			title: "Concurrent Spatial and Channel 'Squeeze & Excitation' in Fully Convolutional Networks",
			year: 2018,
			url: "https://arxiv.org/abs/1803.02579",
		},
	},
	{
		...common,
		name: "QuerySpatialAttention",
		summary: "Σ softmax(w · tanh(x W + q U + b)) x: a query asks every pixel",
		paper: {
			title: "Show, Attend and Tell: Neural Image Caption Generation with Visual Attention",
			year: 2015,
			url: "https://arxiv.org/abs/1502.03044",
		},
	},
	{
		...common,
		name: "AttentionPooling2d",
		summary: "Σ softmax(mlp(x)) x: a network scores every pixel by itself",
		paper: {
			title: "Attention-based Deep Multiple Instance Learning",
			year: 2018,
			url: "https://arxiv.org/abs/1802.04712",
		},
	},
];
