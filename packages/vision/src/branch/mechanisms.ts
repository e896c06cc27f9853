import type { Mechanism } from "@heed/core";

const common = {
	package: "@heed/vision",
	family: "branch",
	domain: "image",
	masks: ["bool"],
	gradient: "exact",
	backends: ["cpu", "wasm"],
} as const;

/** The mechanisms of this folder. */
export const branchMechanisms: readonly Mechanism[] = [
	{
		...common,
		name: "SelectiveKernel",
		summary: "Σ softmax over kernel sizes · convolution: each channel chooses how far it sees",
		paper: { title: "Selective Kernel Networks", year: 2019, url: "https://arxiv.org/abs/1903.06586" },
	},
	{
		...common,
		name: "SplitAttention",
		summary: "Σ softmax over splits · convolution in groups: the block of ResNeSt",
		paper: {
			title: "ResNeSt: Split-Attention Networks",
			year: 2020,
			url: "https://arxiv.org/abs/2004.08955",
		},
	},
	{
		...common,
		name: "DynamicConv2d",
		summary: "x convolved by Σ weight(x) · kernel: dynamic convolution, CondConv",
		paper: {
			title: "Dynamic Convolution: Attention over Convolution Kernels",
			year: 2019,
			url: "https://arxiv.org/abs/1912.03458",
		},
	},
];
