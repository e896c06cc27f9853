import type { Mechanism } from "@heed/core";

const common = {
	package: "@heed/vision",
	family: "mixed",
	domain: "image",
	masks: ["bool"],
	gradient: "exact",
	backends: ["cpu", "wasm"],
} as const;

/** The mechanisms of this folder. */
export const mixedMechanisms: readonly Mechanism[] = [
	{
		...common,
		name: "Cbam",
		summary: "x · channel gate · spatial gate: which channels, then which pixels; in any order",
		paper: {
			title: "CBAM: Convolutional Block Attention Module",
			year: 2018,
			url: "https://arxiv.org/abs/1807.06521",
		},
	},
	{
		...common,
		name: "Bam",
		summary: "x · (1 + sigmoid(channel scores · pixel scores)), pixels by dilated convolutions",
		paper: {
			title: "BAM: Bottleneck Attention Module",
			year: 2018,
			url: "https://arxiv.org/abs/1807.06514",
		},
	},
	{
		...common,
		name: "ScSE",
		summary: "max or sum of x weighed by its channels and x weighed by its pixels",
		paper: {
			title: "Concurrent Spatial and Channel 'Squeeze & Excitation' in Fully Convolutional Networks",
			year: 2018,
			url: "https://arxiv.org/abs/1803.02579",
		},
	},
	{
		...common,
		name: "ScaCnnAttention",
		summary: "x · softmax over channels · softmax over pixels: a query asks both, one after the other",
		paper: {
			title: "SCA-CNN: Spatial and Channel-wise Attention in Convolutional Networks for Image Captioning",
			year: 2016,
			url: "https://arxiv.org/abs/1611.05594",
		},
	},
	{
		...common,
		name: "ResidualAttentionModule",
		summary: "(1 + mask) · trunk: a branch that shrinks and grows the map weighs the other",
		paper: {
			title: "Residual Attention Network for Image Classification",
			year: 2017,
			url: "https://arxiv.org/abs/1704.06904",
		},
		masks: [],
	},
	{
		...common,
		name: "CoordinateAttention",
		summary: "x · row gate · column gate, for every channel",
		paper: {
			title: "Coordinate Attention for Efficient Mobile Network Design",
			year: 2021,
			url: "https://arxiv.org/abs/2103.02907",
		},
	},
	{
		...common,
		name: "TripletAttention",
		summary: "x · mean of three spatial gates, one for each side of the block",
		paper: {
			title: "Rotate to Attend: Convolutional Triplet Attention Module",
			year: 2020,
			url: "https://arxiv.org/abs/2010.03045",
		},
	},
	{
		...common,
		name: "SimAM",
		summary: "x · sigmoid(distance from the channel's mean): no weights at all",
		paper: {
			title: "SimAM: A Simple, Parameter-Free Attention Module for Convolutional Neural Networks",
			year: 2021,
			url: "https://proceedings.mlr.press/v139/yang21o.html",
		},
	},
];
