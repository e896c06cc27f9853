import type { Mechanism } from "@heed/core";

const common = {
	package: "@heed/vision",
	family: "models",
	domain: "image",
	masks: [],
	gradient: "exact",
	backends: ["cpu", "wasm"],
} as const;

/** The models of this folder. */
export const modelMechanisms: readonly Mechanism[] = [
	{
		...common,
		name: "resnet",
		summary: "residual networks of 18 to 152 layers, with any attention in every block or after every stage",
		paper: {
			title: "Deep Residual Learning for Image Recognition",
			year: 2015,
			url: "https://arxiv.org/abs/1512.03385",
		},
	},
	{
		...common,
		name: "seResnet",
		summary: "residual networks with squeeze-and-excitation in every block",
		paper: {
			title: "Squeeze-and-Excitation Networks",
			year: 2017,
			url: "https://arxiv.org/abs/1709.01507",
		},
	},
	{
		...common,
		name: "cbamResnet",
		summary: "residual networks with CBAM in every block",
		paper: {
			title: "CBAM: Convolutional Block Attention Module",
			year: 2018,
			url: "https://arxiv.org/abs/1807.06521",
		},
	},
	{
		...common,
		name: "bamResnet",
		summary: "residual networks with BAM after the first three stages",
		paper: {
			title: "BAM: Bottleneck Attention Module",
			year: 2018,
			url: "https://arxiv.org/abs/1807.06514",
		},
	},
	{
		...common,
		name: "residualAttentionNetwork",
		summary: "Attention-56 and 92, AttentionNeXt-56: residual units and residual attention modules",
		paper: {
			title: "Residual Attention Network for Image Classification",
			year: 2017,
			url: "https://arxiv.org/abs/1704.06904",
		},
	},
	{
		...common,
		name: "vit",
		summary: "the vision Transformer, ViT-B/16 by default",
		paper: {
			title: "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
			year: 2020,
			url: "https://arxiv.org/abs/2010.11929",
		},
	},
];
