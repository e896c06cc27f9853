import type { Mechanism } from "../registry.ts";

const common = {
	package: "@heed/core",
	family: "resample",
	domain: "image",
	masks: [],
	gradient: "exact",
	backends: ["cpu", "wasm"],
} as const;

/** What this folder offers, for the registry. */
export const resampleMechanisms: readonly Mechanism[] = [
	{
		...common,
		name: "resizeBilinear",
		summary: "Linear resize as two constant matrix products: R_y · x · R_xᵀ.",
	},
	{
		...common,
		name: "resizeNearest",
		summary: "Copies the nearest pixel; the gradient goes back to where it came from.",
	},
	{
		...common,
		name: "averagePool",
		summary: "Mean of each window, with or without the padding in the count.",
	},
	{
		...common,
		name: "maxPool",
		summary: "Maximum of each window; the gradient goes to the first of equal ones.",
	},
	{ ...common, name: "reflectPad", summary: "Continues an image by its mirror image." },
];
