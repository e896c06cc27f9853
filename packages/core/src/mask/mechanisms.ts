import type { Mechanism } from "../registry.ts";

const common = {
	package: "@heed/core",
	family: "mask",
	domain: "sequence",
	masks: [],
	gradient: "none",
	backends: ["cpu", "wasm"],
} as const;

/** What this folder offers, for the registry. */
export const maskMechanisms: readonly Mechanism[] = [
	{ ...common, name: "causalMask", summary: "j <= i + queryOffset: the past and the query's own position." },
	{
		...common,
		name: "windowMask",
		summary: "-left <= j - (i + queryOffset) <= right: a window around the query.",
		paper: {
			title: "Longformer: The Long-Document Transformer",
			year: 2020,
			url: "https://arxiv.org/abs/2004.05150",
		},
	},
	{ ...common, name: "slidingWindow", summary: "The window of a total that counts the query's own key." },
	{ ...common, name: "paddingMask", summary: "j < length: real tokens, for sequences." },
	{ ...common, name: "keyLengthMask", summary: "j < length: real keys, for attention over heads." },
	{
		...common,
		name: "blockDiagonalMask",
		summary: "Equal segment ids: packed documents do not see each other.",
		paper: {
			title: "Efficient Sequence Packing without Cross-contamination",
			year: 2021,
			url: "https://arxiv.org/abs/2107.02027",
		},
	},
	{ ...common, name: "combineMasks", summary: "True where every mask is true.", domain: "any" },
	{ ...common, name: "invertMask", summary: "For masks in which true means ignore.", domain: "any" },
];
