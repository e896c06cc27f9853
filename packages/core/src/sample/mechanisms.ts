import type { Mechanism } from "../registry.ts";

const common = {
	package: "@heed/core",
	family: "sample",
	domain: "any",
	masks: [],
	gradient: "exact",
	backends: ["cpu", "wasm"],
} as const;

const showAttendTell = {
	title: "Show, Attend and Tell: Neural Image Caption Generation with Visual Attention",
	year: 2015,
	url: "https://arxiv.org/abs/1502.03044",
};

/** What this folder offers, for the registry. */
export const sampleMechanisms: readonly Mechanism[] = [
	{
		...common,
		name: "categoricalSample",
		summary: "Draws one outcome per row from softmax(logits), with its log-probability: hard attention.",
		masks: ["bool"],
		gradient: "estimator",
		paper: showAttendTell,
	},
	{
		...common,
		name: "gumbelSoftmax",
		summary: "softmax((logits + Gumbel noise) / temperature), optionally one-hot forward.",
		masks: ["bool"],
		gradient: "estimator",
		paper: {
			title: "Categorical Reparameterization with Gumbel-Softmax",
			year: 2016,
			url: "https://arxiv.org/abs/1611.01144",
		},
	},
	{
		...common,
		name: "straightThrough",
		summary: "Hard values forward, the gradient of soft ones backward.",
		gradient: "estimator",
		paper: {
			title: "Estimating or Propagating Gradients Through Stochastic Neurons for Conditional Computation",
			year: 2013,
			url: "https://arxiv.org/abs/1308.3432",
		},
	},
	{
		...common,
		name: "reinforceSurrogate",
		summary: "A loss whose gradient is the unbiased score-function estimate: -(reward - baseline) · logProb.",
		masks: ["bool"],
		gradient: "estimator",
		paper: showAttendTell,
	},
	{
		...common,
		name: "movingBaseline",
		summary: "The running mean of the rewards, which lowers the variance of reinforceSurrogate.",
		gradient: "none",
		paper: showAttendTell,
	},
	{
		...common,
		name: "doublyStochasticPenalty",
		summary: "λ Σ_i (1 - Σ_t α_ti)²: every position should get about 1 over all steps.",
		domain: "any",
		masks: ["bool"],
		paper: showAttendTell,
	},
	{ ...common, name: "entropy", summary: "-Σ p log p, with a finite gradient at 0." },
	{
		...common,
		name: "stopGradient",
		summary: "The same numbers, constant to the gradient.",
		gradient: "none",
	},
	{
		...common,
		name: "monotonicAttention",
		summary: "Attention that only moves forward: p_i · q_i with q_i the chance of arriving at key i.",
		domain: "sequence",
		masks: ["bool"],
		paper: {
			title: "Online and Linear-Time Attention by Enforcing Monotonic Alignments",
			year: 2017,
			url: "https://arxiv.org/abs/1704.00784",
		},
	},
	{
		...common,
		name: "firstAlignment",
		summary: "What monotonicAttention begins with: all weight on the first key.",
		domain: "sequence",
		gradient: "none",
	},
];
