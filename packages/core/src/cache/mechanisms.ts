import type { Mechanism } from "../registry.ts";

const common = {
	package: "@heed/core",
	family: "cache",
	domain: "sequence",
	masks: [],
	backends: ["cpu", "wasm"],
} as const;

/** What this folder offers, for the registry. */
export const cacheMechanisms: readonly Mechanism[] = [
	{
		...common,
		name: "createCache",
		summary: "Keys and values of past positions in tensors of fixed shape, for decoding step by step.",
		gradient: "none",
	},
	{
		...common,
		name: "appendToCache",
		summary: "The cache with more positions, as many per item as it says.",
		masks: ["lengths"],
		gradient: "exact",
	},
	{
		...common,
		name: "reorderCache",
		summary: "The cache with its items in another order, which beam search asks for.",
		gradient: "none",
	},
	{
		...common,
		name: "resetCache",
		summary: "The cache without what stands behind a length, to start over or to take back a guess.",
		gradient: "exact",
	},
];
