import type { Mechanism } from "../registry.ts";

const common = {
	package: "@heed/core",
	family: "score",
	domain: "sequence",
	masks: [],
	gradient: "exact",
	backends: ["cpu", "wasm"],
} as const;

const luong = {
	title: "Effective Approaches to Attention-based Neural Machine Translation",
	year: 2015,
	url: "https://arxiv.org/abs/1508.04025",
};

/** What this folder offers, for the registry. */
export const scoreMechanisms: readonly Mechanism[] = [
	{ ...common, name: "dotScore", summary: "scale · query · key.", paper: luong },
	{ ...common, name: "generalScore", summary: "query · W · key.", paper: luong },
	{ ...common, name: "concatScore", summary: "v · tanh([query; key] · W).", paper: luong },
	{
		...common,
		name: "additiveScore",
		summary: "v · tanh(query + key + b), v as it is or normalised to g · v / ‖v‖.",
		paper: {
			title: "Neural Machine Translation by Jointly Learning to Align and Translate",
			year: 2014,
			url: "https://arxiv.org/abs/1409.0473",
		},
	},
	{
		...common,
		name: "cosineScore",
		summary: "Cosine of the angle between query and key.",
		paper: { title: "Neural Turing Machines", year: 2014, url: "https://arxiv.org/abs/1410.5401" },
	},
	{ ...common, name: "locationScore", summary: "query · W: from the query alone.", paper: luong },
	{
		...common,
		name: "locationAwareScore",
		summary: "v · tanh(query + key + filters ∗ previous alignment · u + b).",
		paper: {
			title: "Attention-Based Models for Speech Recognition",
			year: 2015,
			url: "https://arxiv.org/abs/1506.07503",
		},
	},
	{ ...common, name: "gaussianScore", summary: "-(position - center)² / 2σ².", paper: luong },
	{
		...common,
		name: "gaussianWindow",
		summary: "Sum of a · exp(-b (center - position)²): a mixture of windows.",
		paper: {
			title: "Generating Sequences With Recurrent Neural Networks",
			year: 2013,
			url: "https://arxiv.org/abs/1308.0850",
		},
	},
];
