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
	{
		...common,
		name: "NonLocal",
		summary: "x + softmax(θ φᵀ) g Wₒ: every pixel gathers from all pixels; four ways to compare them",
		paper: {
			title: "Non-local Neural Networks",
			year: 2018,
			url: "https://arxiv.org/abs/1711.07971",
		},
	},
	{
		...common,
		name: "KnnAttention2d",
		summary: "every pixel looks at the k pixels most similar to it, in the image or in a window",
		paper: {
			title: "KVT: k-NN Attention for Boosting Vision Transformers",
			year: 2021,
			url: "https://arxiv.org/abs/2106.00515",
		},
	},
	{
		...common,
		name: "CrissCross",
		summary: "x + γ Σ softmax(Q K) V along the column and the row of each pixel, twice",
		paper: {
			title: "CCNet: Criss-Cross Attention for Semantic Segmentation",
			year: 2019,
			url: "https://arxiv.org/abs/1811.11721",
		},
	},
	{
		...common,
		name: "WindowAttention",
		summary: "softmax(Q Kᵀ + bias of relative positions) V in windows, shifted or not",
		paper: {
			title: "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows",
			year: 2021,
			url: "https://arxiv.org/abs/2103.14030",
		},
	},
];
