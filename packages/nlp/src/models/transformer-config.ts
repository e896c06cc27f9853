import { checkChoice, checkFlag, checkNumber, checkOptions, HeedError } from "@heed/core";
import {
	type ActivationName,
	checkTransformerBlockOptions,
	type PositionScheme,
	type TransformerBlockOptions,
} from "@heed/layers";
import { checkTokenPositions, isTokenPositions, type TokenPositions } from "./token-embedding.ts";

/**
 * How a Transformer knows where its tokens stand: vectors added to the embeddings (`sinusoidal`, `learned`), or something
 * that every self-attention does (`rotary`, `alibi`, `t5`, `shaw`). The attention to a memory knows no positions of its own.
 */
export type TransformerPositions = TokenPositions | PositionScheme;

/** What encoder and decoder have in common, as JSON. */
export interface TransformerPartConfig {
	/** Features of a token. Default 128 (paper: 512). */
	readonly modelDim?: number | undefined;
	/** Heads of every attention, a divisor of `modelDim`. Default 4 (paper: 8). */
	readonly numHeads?: number | undefined;
	/** Features in the middle of the feed-forward networks. Default 4 · `modelDim` (paper: 2048, the same). */
	readonly hiddenDim?: number | undefined;
	/** Share that training drops of embeddings, of the output of every part and inside the feed-forward networks. Default 0.1. */
	readonly dropout?: number | undefined;
	/** Share of the attention weights that training drops. Default 0, as in the paper; PyTorch and JoeyNMT: as `dropout`. */
	readonly attentionDropout?: number | undefined;
	/** Normalise what goes into a part (pre-norm, default) or what comes out (false, the paper's, which needs warm-up). */
	readonly normFirst?: boolean | undefined;
	/** Normalise what comes out of the last layer. Default: with `normFirst` only. */
	readonly finalNorm?: boolean | undefined;
	/** Default `layer`. */
	readonly norm?: "layer" | "rms" | undefined;
	/** Keeps the division of a norm finite. Default 1e-5 for `layer`, 1e-6 for `rms`. */
	readonly epsilon?: number | undefined;
	/** Of the feed-forward networks. Default `relu`. */
	readonly activation?: ActivationName | undefined;
	/** Gated feed-forward networks: SwiGLU with `silu`. Default false. */
	readonly gated?: boolean | undefined;
	/** Default `{ kind: "sinusoidal" }`, as in the paper. */
	readonly positions?: TransformerPositions | undefined;
	/** Multiply embeddings by `√modelDim`. Default true. */
	readonly scaleEmbedding?: boolean | undefined;
}

/** What a `Transformer` is made of, as JSON. */
export interface TransformerConfig extends TransformerPartConfig {
	/** Number of source ids. */
	readonly sourceVocabularySize: number;
	/** Number of target ids. */
	readonly targetVocabularySize: number;
	/** Default 2 (paper: 6). */
	readonly encoderLayers?: number | undefined;
	/** Default 2 (paper: 6). */
	readonly decoderLayers?: number | undefined;
	/**
	 * Which weights are one and the same: nothing (default), the target's embedding and the output's kernel (`target`), or
	 * those and the source's embedding (`all`, the paper's, for one vocabulary on both sides).
	 */
	readonly tie?: "none" | "target" | "all" | undefined;
	/** Add a bias to the logits. Default true. */
	readonly outputBias?: boolean | undefined;
	/** The decoder's layer whose attention to the source is the alignment of a step. Default: the last one. */
	readonly alignmentLayer?: number | undefined;
	/** Seed of the initial weights. Default 0. */
	readonly seed?: number | undefined;
}

/** A part's config with every choice made. */
export type ResolvedTransformerPart = {
	readonly [Name in keyof TransformerPartConfig]-?: Exclude<TransformerPartConfig[Name], undefined>;
};

/** A config with every choice made. */
export type ResolvedTransformerConfig = {
	readonly [Name in keyof TransformerConfig]-?: Exclude<TransformerConfig[Name], undefined>;
};

const partNames: readonly (keyof TransformerPartConfig)[] = [
	...([
		"modelDim",
		"numHeads",
		"hiddenDim",
		"dropout",
		"attentionDropout",
		"normFirst",
		"finalNorm",
	] as const),
	...(["norm", "epsilon", "activation", "gated", "positions", "scaleEmbedding"] as const),
];

/**
 * Checks what encoder and decoder have in common, and fills in the defaults.
 *
 * @param own The other options that are known.
 */
export function resolveTransformerPart(
	where: string,
	config: TransformerPartConfig,
	own: readonly string[],
): ResolvedTransformerPart {
	checkOptions(where, config, [...own, ...partNames]);
	const { modelDim = 128, normFirst = true, norm = "layer" } = config;
	const part: ResolvedTransformerPart = {
		modelDim,
		numHeads: config.numHeads ?? 4,
		hiddenDim: config.hiddenDim ?? 4 * modelDim,
		dropout: config.dropout ?? 0.1,
		attentionDropout: config.attentionDropout ?? 0,
		normFirst,
		finalNorm: config.finalNorm ?? normFirst,
		norm,
		epsilon: config.epsilon ?? (norm === "rms" ? 1e-6 : 1e-5),
		activation: config.activation ?? "relu",
		gated: config.gated ?? false,
		positions: config.positions ?? { kind: "sinusoidal" },
		scaleEmbedding: config.scaleEmbedding ?? true,
	};
	checkNumber(where, "modelDim", modelDim, { integer: true, min: 1 });
	checkNumber(where, "dropout", part.dropout, { min: 0, below: 1 });
	checkNumber(where, "attentionDropout", part.attentionDropout, { min: 0, below: 1 });
	checkFlag(where, "normFirst", normFirst);
	checkFlag(where, "finalNorm", part.finalNorm);
	checkFlag(where, "scaleEmbedding", part.scaleEmbedding);
	checkPositions(where, part);
	checkTransformerBlockOptions(where, blockOptions(part, {}));
	return part;
}

/** What encoder and decoder have in common, of a whole config. */
export function transformerPart(config: ResolvedTransformerConfig): ResolvedTransformerPart {
	return Object.fromEntries(
		partNames.map((name) => [name, config[name]]),
	) as unknown as ResolvedTransformerPart;
}

/** Of one layer of an encoder, or of a decoder, which has a memory. */
export function blockOptions(
	part: ResolvedTransformerPart,
	{ memoryDim }: { readonly memoryDim?: number | undefined },
): TransformerBlockOptions {
	const { modelDim, numHeads, hiddenDim, activation, gated, attentionDropout, normFirst, norm, epsilon } =
		part;
	const causal = memoryDim !== undefined;
	const scheme = isTokenPositions(part.positions) ? undefined : part.positions;
	const positions = causal && scheme?.kind === "t5" ? { bidirectional: false, ...scheme } : scheme;
	return {
		...{ modelDim, memoryDim, normFirst, norm, epsilon },
		attention: { numHeads, dropout: attentionDropout, causal, positions },
		feedForward: { hiddenDim, activation, gated },
	};
}

/**
 * Checks a config, which may come from a file, and fills in the defaults.
 *
 * @throws HeedError `OPTION`.
 */
export function resolveTransformerConfig(config: TransformerConfig): ResolvedTransformerConfig {
	const where = "Transformer";
	const sizes = ["sourceVocabularySize", "targetVocabularySize", "encoderLayers", "decoderLayers"] as const;
	const own = [...sizes, "tie", "outputBias", "alignmentLayer", "seed"];
	const part = resolveTransformerPart(where, config, own);
	const { sourceVocabularySize, targetVocabularySize, decoderLayers = 2 } = config;
	const resolved: ResolvedTransformerConfig = {
		...{ sourceVocabularySize, targetVocabularySize },
		...part,
		encoderLayers: config.encoderLayers ?? 2,
		decoderLayers,
		tie: config.tie ?? "none",
		outputBias: config.outputBias ?? true,
		alignmentLayer: config.alignmentLayer ?? decoderLayers - 1,
		seed: config.seed ?? 0,
	};
	for (const name of sizes) checkNumber(where, name, resolved[name], { integer: true, min: 1 });
	checkChoice(where, "tie", resolved.tie, ["none", "target", "all"]);
	checkFlag(where, "outputBias", resolved.outputBias);
	checkAlignmentLayer(where, resolved.alignmentLayer, decoderLayers);
	checkNumber(where, "seed", resolved.seed, { integer: true, min: 0 });
	if (resolved.tie !== "all" || sourceVocabularySize === targetVocabularySize) return resolved;
	const message = `\`tie\` is 'all' with ${sourceVocabularySize} source and ${targetVocabularySize} target ids. Use one vocabulary for both, or 'target'.`;
	throw new HeedError("OPTION", where, message);
}

/** Refuses a layer that the decoder does not have. */
export function checkAlignmentLayer(where: string, layer: number, layers: number): void {
	checkNumber(where, "alignmentLayer", layer, { integer: true, min: 0, max: layers - 1 });
}

function checkPositions(where: string, { positions, modelDim }: ResolvedTransformerPart): void {
	if (typeof positions !== "object") {
		const message = `\`positions\` is ${String(positions)}; expected an object with a \`kind\`.`;
		throw new HeedError("OPTION", where, message);
	}
	const kinds = ["sinusoidal", "learned", "rotary", "alibi", "t5", "shaw"];
	checkChoice(where, "positions.kind", positions.kind, kinds);
	if (isTokenPositions(positions)) checkTokenPositions(where, positions, modelDim);
}
