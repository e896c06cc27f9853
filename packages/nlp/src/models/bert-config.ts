import { checkFlag, checkNumber, checkOptions, HeedError } from "@heed/core";
import {
	type ActivationName,
	checkTransformerBlockOptions,
	type TransformerBlockOptions,
} from "@heed/layers";

/** What a `BertEncoder` is made of, as JSON. */
export interface BertConfig {
	/** Number of ids. */
	readonly vocabularySize: number;
	/** Features of a position. Default 64. */
	readonly modelDim?: number | undefined;
	/** Number of blocks. Default 2. */
	readonly layers?: number | undefined;
	/** Number of heads, a divisor of `modelDim`. Default 4. */
	readonly numHeads?: number | undefined;
	/** Features in the middle of the feed-forward network. Default: four times `modelDim`. */
	readonly hiddenDim?: number | undefined;
	/** Most tokens of a text, and rows of the table of positions. Default 512. */
	readonly maxLength?: number | undefined;
	/** How many kinds of segments there are, for instance question and text. Default 2. */
	readonly segmentKinds?: number | undefined;
	/** Default `gelu`, with the error function. */
	readonly activation?: ActivationName | undefined;
	/** Keeps the division of the normalisation finite. Default 1e-12. */
	readonly epsilon?: number | undefined;
	/** Have the head that guesses masked tokens. Default false. */
	readonly maskedLm?: boolean | undefined;
	/** Number of classes of the head that sorts each token, 0 for no such head. Default 0. */
	readonly tokenClasses?: number | undefined;
	/** Have the pooler, which the head that sorts a whole text needs. Default: if there are `textClasses`. */
	readonly pooler?: boolean | undefined;
	/** Number of classes of the head that sorts a whole text, 0 for no such head. Default 0. */
	readonly textClasses?: number | undefined;
	/** Share of embeddings, of each part's output and of what goes into a classifier that training drops. Default 0. */
	readonly dropout?: number | undefined;
	/** Share of the attention weights that training drops. Default 0. */
	readonly attentionDropout?: number | undefined;
	/** Seed of the initial weights. Default 0. */
	readonly seed?: number | undefined;
}

/** A config with every choice made. */
export type ResolvedBertConfig = {
	readonly [Name in keyof BertConfig]-?: Exclude<BertConfig[Name], undefined>;
};

const where = "BertEncoder";
const sizes = [
	...(["vocabularySize", "modelDim", "layers", "numHeads", "hiddenDim"] as const),
	...(["maxLength", "segmentKinds"] as const),
];
const counts = ["tokenClasses", "textClasses", "seed"] as const;
const shares = ["dropout", "attentionDropout"] as const;
const flags = ["maskedLm", "pooler"] as const;

/**
 * Checks a config, which may come from a file, and fills in the defaults.
 *
 * @throws HeedError `OPTION`.
 */
export function resolveBertConfig(config: BertConfig): ResolvedBertConfig {
	checkOptions(where, config, [...sizes, ...counts, ...shares, ...flags, "activation", "epsilon"]);
	const { modelDim = 64, textClasses = 0 } = config;
	const resolved: ResolvedBertConfig = {
		vocabularySize: config.vocabularySize,
		modelDim,
		layers: config.layers ?? 2,
		numHeads: config.numHeads ?? 4,
		hiddenDim: config.hiddenDim ?? 4 * modelDim,
		maxLength: config.maxLength ?? 512,
		segmentKinds: config.segmentKinds ?? 2,
		activation: config.activation ?? "gelu",
		epsilon: config.epsilon ?? 1e-12,
		maskedLm: config.maskedLm ?? false,
		tokenClasses: config.tokenClasses ?? 0,
		pooler: config.pooler ?? textClasses > 0,
		textClasses,
		dropout: config.dropout ?? 0,
		attentionDropout: config.attentionDropout ?? 0,
		seed: config.seed ?? 0,
	};
	for (const name of sizes) checkNumber(where, name, resolved[name], { integer: true, min: 1 });
	for (const name of counts) checkNumber(where, name, resolved[name], { integer: true, min: 0 });
	for (const name of shares) checkNumber(where, name, resolved[name], { min: 0, below: 1 });
	for (const name of flags) checkFlag(where, name, resolved[name]);
	checkTransformerBlockOptions(where, bertBlock(resolved));
	if (textClasses > 0 && !resolved.pooler) {
		const message = `\`pooler\` is false with \`textClasses\` ${textClasses}, which are told by what it gives. Leave one out.`;
		throw new HeedError("OPTION", where, message);
	}
	return resolved;
}

/** The options of each block. */
export function bertBlock(config: ResolvedBertConfig): TransformerBlockOptions {
	const { modelDim, numHeads, hiddenDim, activation, epsilon, attentionDropout } = config;
	return {
		...{ modelDim, epsilon, normFirst: false },
		attention: { numHeads, dropout: attentionDropout },
		feedForward: { hiddenDim, activation },
	};
}
