import type { AttentionConfig } from "@heed/nlp";
import type { ModelSettings } from "./settings.ts";

interface Mechanism {
	/** Its config in a model of such settings. */
	config(settings: Pick<ModelSettings, "units" | "maxLength" | "noise">): AttentionConfig;
	/** Whether the current state asks, behind the cell: only then can its answer be fed into the next step. */
	readonly afterCell: boolean;
	/** False where the encoder must read in one direction, so that its states are as long as the decoder's. */
	readonly bidirectional?: false;
	/** True where the weights of a step may add up to less than 1. */
	readonly sumsToLess?: true;
}

/** Heads of `multi-head`, of self-attention in the encoder, and of a Transformer. */
export const heads = 4;

const mechanisms = {
	bahdanau: { config: ({ units }) => ({ kind: "bahdanau", units }), afterCell: false },
	"bahdanau-normalized": {
		config: ({ units }) => ({ kind: "bahdanau", units, normalize: true }),
		afterCell: false,
	},
	luong: { config: () => ({ kind: "luong", scale: true }), afterCell: true },
	"luong-dot": {
		config: () => ({ kind: "luong", score: "dot", scale: true }),
		afterCell: true,
		bidirectional: false,
	},
	"luong-concat": { config: () => ({ kind: "luong", score: "concat" }), afterCell: true },
	location: {
		config: ({ maxLength }) => ({ kind: "location", maxSourceLength: maxLength }),
		afterCell: true,
	},
	"local-m": { config: () => ({ kind: "local", alignment: "monotonic", scale: true }), afterCell: true },
	"local-p": {
		config: () => ({ kind: "local", alignment: "predictive", scale: true }),
		afterCell: true,
		sumsToLess: true,
	},
	"multi-head": { config: () => ({ kind: "multiHead", numHeads: heads }), afterCell: true },
	"location-aware": { config: ({ units }) => ({ kind: "locationAware", units }), afterCell: false },
	"location-aware-cumulative": {
		config: ({ units }) => ({ kind: "locationAware", units, alignments: "cumulative" }),
		afterCell: false,
	},
	"location-aware-both": {
		config: ({ units }) => ({ kind: "locationAware", units, alignments: "both" }),
		afterCell: false,
	},
	gaussian: { config: () => ({ kind: "gaussian" }), afterCell: false, sumsToLess: true },
	monotonic: {
		config: ({ units, noise }) => ({ kind: "monotonic", units, noise }),
		afterCell: false,
		sumsToLess: true,
	},
	hard: { config: ({ units }) => ({ kind: "hard", units }), afterCell: false },
	"hard-gumbel": { config: ({ units }) => ({ kind: "hard", units, estimator: "gumbel" }), afterCell: false },
	"hard-straight-through": {
		config: ({ units }) => ({ kind: "hard", units, estimator: "straightThrough" }),
		afterCell: false,
	},
	"hard-location": {
		config: ({ maxLength }) => ({ kind: "hard", score: "location", maxSourceLength: maxLength }),
		afterCell: false,
	},
	coverage: { config: ({ units }) => ({ kind: "coverage", units }), afterCell: true },
} as const satisfies Readonly<Record<string, Mechanism>>;

/** What `--attention` accepts. */
export type AttentionName = keyof typeof mechanisms;

/** All of {@link AttentionName}. */
export const attentionNames = Object.keys(mechanisms) as readonly AttentionName[];

/** A mechanism by its name. */
export function mechanismOf(name: AttentionName): Mechanism {
	return mechanisms[name];
}

/** What a mechanism is called in `@heed/nlp`, without the sizes that settings give: `kind local, alignment monotonic`. */
export function libraryName(name: AttentionName): string {
	const config = mechanismOf(name).config({ units: 1, maxLength: 1, noise: 1 });
	const chosen = Object.entries(config).filter(([, value]) => typeof value !== "number");
	return chosen.map(([option, value]) => (value === true ? option : `${option} ${value}`)).join(", ");
}
