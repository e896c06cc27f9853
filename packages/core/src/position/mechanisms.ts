import type { Mechanism } from "../registry.ts";

const common = {
	package: "@heed/core",
	family: "position",
	domain: "sequence",
	masks: [],
	gradient: "exact",
	backends: ["cpu", "wasm"],
} as const;

const rotary = {
	title: "RoFormer: Enhanced Transformer with Rotary Position Embedding",
	year: 2021,
	url: "https://arxiv.org/abs/2104.09864",
};
const alibi = {
	title: "Train Short, Test Long: Attention with Linear Biases Enables Input Length Extrapolation",
	year: 2021,
	url: "https://arxiv.org/abs/2108.12409",
};
const t5 = {
	title: "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer",
	year: 2019,
	url: "https://arxiv.org/abs/1910.10683",
};
const shaw = {
	title: "Self-Attention with Relative Position Representations",
	year: 2018,
	url: "https://arxiv.org/abs/1803.02155",
};

/** What this folder offers, for the registry. */
export const positionMechanisms: readonly Mechanism[] = [
	{
		...common,
		name: "sinusoidalPositions",
		summary: "Sines and cosines of falling frequency, added to embeddings.",
		paper: { title: "Attention Is All You Need", year: 2017, url: "https://arxiv.org/abs/1706.03762" },
		gradient: "none",
	},
	{ ...common, name: "learnedPositions", summary: "Rows of a trained table, added to embeddings." },
	{
		...common,
		name: "rotaryAngles",
		summary: "Cosines and sines of position / base^(2i / dim), with linear scaling.",
		paper: rotary,
		gradient: "none",
	},
	{
		...common,
		name: "applyRotary",
		summary: "Turns pairs of features by their position's angle.",
		paper: rotary,
	},
	{ ...common, name: "alibiSlopes", summary: "The slope of every head.", paper: alibi, gradient: "none" },
	{
		...common,
		name: "alibiBias",
		summary: "-slope · distance, added to scores.",
		paper: alibi,
		gradient: "none",
	},
	{ ...common, name: "t5Bucket", summary: "Buckets of distances that widen.", paper: t5, gradient: "none" },
	{
		...common,
		name: "t5RelativeBias",
		summary: "A trained bias per head and bucket of distances.",
		paper: t5,
	},
	{ ...common, name: "shawRelativeScores", summary: "query · vector of the distance.", paper: shaw },
	{ ...common, name: "shawRelativeValues", summary: "Weighted sums of vectors of distances.", paper: shaw },
];
