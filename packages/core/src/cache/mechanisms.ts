import type { Mechanism } from "../registry.ts";

/** What this folder offers, for the registry. */
export const cacheMechanisms: readonly Mechanism[] = [
	{
		name: "createCache",
		package: "@heed/core",
		family: "cache",
		domain: "sequence",
		summary: "Keys and values of past positions in tensors of fixed shape, for decoding step by step.",
		masks: ["lengths"],
		gradient: "exact",
		backends: ["cpu", "wasm"],
	},
];
