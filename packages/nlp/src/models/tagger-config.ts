import { checkChoice, checkFlag, checkNumber, checkOptions, HeedError } from "@heed/core";

/** Attention of the words of a sentence to each other. */
export interface TaggerSelfAttention {
	/** Number of heads; must divide the features of the recurrent layers. */
	readonly heads: number;
	/** After the `last` recurrent layer or after `every` one. Default `last`. */
	readonly after?: "last" | "every" | undefined;
}

/** What a `Tagger` is made of, as JSON. */
export interface TaggerConfig {
	/** Number of word ids. */
	readonly vocabularySize: number;
	/** Number of tags. */
	readonly tags: number;
	/** Size of a word's embedding. Default 64. */
	readonly embeddingSize?: number | undefined;
	/** Number of ids of what a word looks like, see `affixIds`. Default 0: words are known by their id alone. */
	readonly affixBuckets?: number | undefined;
	/** Size of the vector of what a word looks like. Default 32. */
	readonly affixSize?: number | undefined;
	/** Size of the state of each direction. Default 64. */
	readonly units?: number | undefined;
	/** Default `gru`. */
	readonly cell?: "gru" | "lstm" | "qrnn" | undefined;
	/** Number of recurrent layers. Default 1. */
	readonly layers?: number | undefined;
	/** Read the sentence in both directions. Default true. */
	readonly bidirectional?: boolean | undefined;
	/** Let every word look at all words of its sentence, behind the last recurrent layer or every one. Default: it does not. */
	readonly selfAttention?: TaggerSelfAttention | null | undefined;
	/** Choose each tag for itself, or the best path of tags. Default `softmax`. */
	readonly output?: "softmax" | "crf" | undefined;
	/**
	 * Share of word vectors, layer outputs and what self-attention found that training drops; and of the attention weights, where
	 * self-attention stands behind the last layer alone. Default 0.
	 */
	readonly dropout?: number | undefined;
	/** Seed of the initial weights. Default 0. */
	readonly seed?: number | undefined;
}

/** A config with every choice made; no self-attention is `null`. */
export type ResolvedTaggerConfig = {
	readonly [Name in keyof TaggerConfig]-?: Exclude<TaggerConfig[Name], undefined>;
};

const sizes = ["vocabularySize", "tags", "embeddingSize", "affixSize", "units", "layers"] as const;
const known = [
	...sizes,
	"affixBuckets",
	"cell",
	"bidirectional",
	"selfAttention",
	"output",
	"dropout",
	"seed",
] as const;

/**
 * Checks a config, which may come from a file, and fills in the defaults.
 *
 * @throws HeedError `OPTION`.
 */
export function resolveTaggerConfig(config: TaggerConfig): ResolvedTaggerConfig {
	const where = "Tagger";
	checkOptions(where, config, known);
	const resolved: ResolvedTaggerConfig = {
		vocabularySize: config.vocabularySize,
		tags: config.tags,
		embeddingSize: config.embeddingSize ?? 64,
		affixBuckets: config.affixBuckets ?? 0,
		affixSize: config.affixSize ?? 32,
		units: config.units ?? 64,
		cell: config.cell ?? "gru",
		layers: config.layers ?? 1,
		bidirectional: config.bidirectional ?? true,
		selfAttention: config.selfAttention ?? null,
		output: config.output ?? "softmax",
		dropout: config.dropout ?? 0,
		seed: config.seed ?? 0,
	};
	for (const name of sizes) checkNumber(where, name, resolved[name], { integer: true, min: 1 });
	checkNumber(where, "affixBuckets", resolved.affixBuckets, { integer: true, min: 0 });
	checkNumber(where, "dropout", resolved.dropout, { min: 0, below: 1 });
	checkNumber(where, "seed", resolved.seed, { integer: true, min: 0 });
	checkChoice(where, "cell", resolved.cell, ["gru", "lstm", "qrnn"]);
	checkChoice(where, "output", resolved.output, ["softmax", "crf"]);
	checkFlag(where, "bidirectional", resolved.bidirectional);
	checkHeads(where, resolved);
	return resolved;
}

/** The features of a word behind the recurrent layers. */
function memorySize({ units, bidirectional }: ResolvedTaggerConfig): number {
	return units * (bidirectional ? 2 : 1);
}

function checkHeads(where: string, config: ResolvedTaggerConfig): void {
	const { selfAttention } = config;
	if (selfAttention === null) return;
	checkOptions(`${where} \`selfAttention\``, selfAttention, ["heads", "after"]);
	checkChoice(where, "selfAttention.after", selfAttention.after ?? "last", ["last", "every"]);
	checkNumber(where, "selfAttention.heads", selfAttention.heads, { integer: true, min: 1 });
	const size = memorySize(config);
	if (size % selfAttention.heads === 0) return;
	throw new HeedError(
		"OPTION",
		where,
		`\`selfAttention.heads\` is ${selfAttention.heads}; expected a divisor of ${size}, the features of the recurrent layers.`,
	);
}
