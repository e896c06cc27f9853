import type { Mechanism } from "../registry.ts";

const common = {
	package: "@heed/core",
	family: "convolution",
	domain: "image",
	masks: [],
	gradient: "exact",
	backends: ["cpu", "wasm"],
} as const;

/** What this folder offers, for the registry. */
export const convolutionMechanisms: readonly Mechanism[] = [
	{
		...common,
		name: "convolution2d",
		summary:
			"Sums over windows, with strides, padding, dilation and groups, trainable where the host's is not.",
	},
	{
		...common,
		name: "depthwiseConvolution2d",
		summary: "Sums over windows of each channel on its own, trainable where the host's is not.",
	},
];
