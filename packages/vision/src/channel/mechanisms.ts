import type { Mechanism } from "@heed/core";

const common = {
	package: "@heed/vision",
	family: "channel",
	domain: "image",
	masks: ["bool"],
	gradient: "exact",
	backends: ["cpu", "wasm"],
} as const;

/** The mechanisms of this folder. */
export const channelMechanisms: readonly Mechanism[] = [
	{
		...common,
		name: "SqueezeExcite",
		summary: "x · sigmoid(relu(mean(x) W₁ + b₁) W₂ + b₂): the whole image weighs its channels",
		paper: {
			title: "Squeeze-and-Excitation Networks",
			year: 2017,
			url: "https://arxiv.org/abs/1709.01507",
		},
	},
	{
		...common,
		name: "EffectiveSqueezeExcite",
		summary: "x · hardSigmoid(mean(x) W + b): without a bottleneck",
		paper: {
			title: "CenterMask: Real-Time Anchor-Free Instance Segmentation",
			year: 2019,
			url: "https://arxiv.org/abs/1911.06667",
		},
	},
	{
		...common,
		name: "EfficientChannelAttention",
		summary: "x · sigmoid(conv1d(mean(x))): neighbouring channels weigh each other, with k weights",
		paper: {
			title: "ECA-Net: Efficient Channel Attention for Deep Convolutional Neural Networks",
			year: 2019,
			url: "https://arxiv.org/abs/1910.03151",
		},
	},
	{
		...common,
		name: "GatherExcite",
		summary: "x · sigmoid(mlp(means of neighbourhoods)), over the whole image or a part of it",
		paper: {
			title: "Gather-Excite: Exploiting Feature Context in Convolutional Neural Networks",
			year: 2018,
			url: "https://arxiv.org/abs/1810.12348",
		},
	},
	{
		...common,
		name: "CbamChannelGate",
		summary: "x · sigmoid(mlp(mean(x)) + mlp(max(x))): the channel half of CBAM",
		paper: {
			title: "CBAM: Convolutional Block Attention Module",
			year: 2018,
			url: "https://arxiv.org/abs/1807.06521",
		},
	},
	{
		...common,
		name: "StyleRecalibration",
		summary: "x · sigmoid(batchNorm(w · [mean, deviation])): each channel by its own style",
		paper: {
			title: "SRM: A Style-based Recalibration Module for Convolutional Neural Networks",
			year: 2019,
			url: "https://arxiv.org/abs/1903.10829",
		},
	},
	{
		...common,
		name: "GatedChannelTransform",
		summary: "x · (1 + tanh(γ · normalised energy + β)): channels compete or help each other",
		paper: {
			title: "Gated Channel Transformation for Visual Recognition",
			year: 2019,
			url: "https://arxiv.org/abs/1909.11519",
		},
	},
	{
		...common,
		name: "ChannelQueryAttention",
		summary: "C · softmax(w · tanh(mean(x) W + q U + b)) · x: a query asks every channel",
		paper: {
			title: "SCA-CNN: Spatial and Channel-wise Attention in Convolutional Networks for Image Captioning",
			year: 2016,
			url: "https://arxiv.org/abs/1611.05594",
		},
	},
	{
		...common,
		name: "GlobalContext",
		summary: "x + mlp(Σ softmax(x w) x): one context for the whole image, given to every pixel",
		paper: {
			title: "GCNet: Non-local Networks Meet Squeeze-Excitation Networks and Beyond",
			year: 2019,
			url: "https://arxiv.org/abs/1904.11492",
		},
	},
	{
		...common,
		name: "FrequencyChannelAttention",
		summary: "x · sigmoid(mlp(cosine waves · x)): squeezes by more than the mean",
		paper: {
			title: "FcaNet: Frequency Channel Attention Networks",
			year: 2020,
			url: "https://arxiv.org/abs/2012.11879",
		},
		masks: [],
	},
	{
		...common,
		name: "HardChannelAttention",
		summary: "keeps k channels: straight-through, Gumbel, top-k or REINFORCE",
		paper: {
			title: "Estimating or Propagating Gradients Through Stochastic Neurons for Conditional Computation",
			year: 2013,
			url: "https://arxiv.org/abs/1308.3432",
		},
		gradient: "estimator",
	},
];
