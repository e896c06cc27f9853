import type { Mechanism } from "@heed/core";

const common = {
	package: "@heed/vision",
	family: "token",
	domain: "image",
	gradient: "exact",
	backends: ["cpu", "wasm"],
	paper: {
		title: "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
		year: 2020,
		url: "https://arxiv.org/abs/2010.11929",
	},
} as const;

/** The mechanisms of this folder. */
export const tokenMechanisms: readonly Mechanism[] = [
	{ ...common, name: "PatchEmbedding", summary: "patches · W + b, a class token, positions", masks: [] },
	{ ...common, name: "VitEncoder", summary: "blocks of a vision Transformer and a norm", masks: [] },
	{
		...common,
		name: "TokenPooling",
		summary: "the class token, the mean of the tokens, or multiHead(q, x, x) of one trained query",
		masks: ["bool"],
	},
];
