import { checkChoice, checkFlag, checkNumber, checkOptions, HeedError } from "@heed/core";
import {
	type ActivationName,
	checkTransformerBlockOptions,
	type PositionScheme,
	type TransformerBlockOptions,
} from "@heed/layers";

/** What a `DecoderLM` is made of, as JSON. {@link gptConfig} and {@link llamaConfig} make the two usual ones. */
export interface DecoderLMConfig {
	/** Number of ids. */
	readonly vocabularySize: number;
	/** Features of a position. Default 64. */
	readonly modelDim?: number | undefined;
	/** Number of blocks. Default 2. */
	readonly layers?: number | undefined;
	/** Number of query heads. Default 4. */
	readonly numHeads?: number | undefined;
	/** Number of key/value heads, a divisor of `numHeads`. Default: `numHeads`. */
	readonly numKeyValueHeads?: number | undefined;
	/** Features per head. Default: `modelDim / numHeads`. */
	readonly keyDim?: number | undefined;
	/** Features in the middle of the feed-forward network. Default: four times `modelDim`. */
	readonly hiddenDim?: number | undefined;
	/** Default `gelu`. */
	readonly activation?: ActivationName | undefined;
	/** Multiply the middle of the feed-forward network by a second projection, as SwiGLU does. Default false. */
	readonly gated?: boolean | undefined;
	/** The normalisation before each part and at the end. Default `layer`. */
	readonly norm?: "layer" | "rms" | undefined;
	/** Keeps the division of the normalisation finite. Default 1e-5. */
	readonly epsilon?: number | undefined;
	/** A bias in each projection of the blocks. Default true. */
	readonly useBias?: boolean | undefined;
	/** How positions enter: by a trained table, or in the attention. Default `{ kind: "learned" }`. */
	readonly positions?: { readonly kind: "learned" } | PositionScheme | undefined;
	/**
	 * Most tokens of a text, prompt and continuation together. Default: 512 for learned positions, of which it is the
	 * number, else no limit.
	 */
	readonly maxLength?: number | undefined;
	/** Let the table of embeddings be the output projection too. Default true. */
	readonly tieOutput?: boolean | undefined;
	/** How many earlier positions one attends to besides itself. Default: all. */
	readonly window?: number | undefined;
	/** `c`: attention scores become `c · tanh(score / c)`. Default: none. */
	readonly softcap?: number | undefined;
	/** Bring queries and keys to root mean square 1, head by head. Default false. */
	readonly queryKeyNorm?: boolean | undefined;
	/** Share of embeddings, of each part's output and of the features in its middle that training drops. Default 0. */
	readonly dropout?: number | undefined;
	/** Share of the attention weights that training drops. Default 0. */
	readonly attentionDropout?: number | undefined;
	/** Seed of the initial weights. Default 0. */
	readonly seed?: number | undefined;
}

/** A config with every choice made; `maxLength`, `window` and `softcap` may be absent: no limit, or none. */
export type ResolvedDecoderLMConfig = {
	readonly [Name in Exclude<keyof DecoderLMConfig, "maxLength" | "window" | "softcap">]-?: Exclude<
		DecoderLMConfig[Name],
		undefined
	>;
} & { readonly [Name in "maxLength" | "window" | "softcap"]?: number };

/** The sizes of a GPT, and whatever shall differ from {@link gptConfig}. */
export type GptSizes = DecoderLMConfig & { readonly maxLength: number };

/**
 * The config of a GPT-2: LayerNorm before each part, learned positions, GELU, biases, and a tied output.
 *
 * Radford et al. 2019, "Language Models are Unsupervised Multitask Learners",
 * https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf
 *
 * @param sizes All that {@link DecoderLMConfig} has; what is named here comes first.
 */
export function gptConfig(sizes: GptSizes): DecoderLMConfig {
	const kind = { norm: "layer", positions: { kind: "learned" }, activation: "gelu" } as const;
	return { ...kind, gated: false, useBias: true, tieOutput: true, ...sizes };
}

/**
 * The config of a Llama: RMSNorm before each part, rotary positions, SwiGLU, no biases, and an output of its own.
 *
 * Touvron et al. 2023, "LLaMA: Open and Efficient Foundation Language Models", https://arxiv.org/abs/2302.13971
 *
 * @param sizes All that {@link DecoderLMConfig} has; what is named here comes first.
 */
export function llamaConfig(sizes: DecoderLMConfig): DecoderLMConfig {
	const kind = { norm: "rms", positions: { kind: "rotary" }, activation: "silu" } as const;
	return { ...kind, gated: true, useBias: false, tieOutput: false, ...sizes };
}

const where = "DecoderLM";
const sizes = ["vocabularySize", "modelDim", "layers", "numHeads", "numKeyValueHeads", "hiddenDim"] as const;
const flags = ["gated", "useBias", "tieOutput", "queryKeyNorm"] as const;
const known = [
	...sizes,
	...flags,
	...(["keyDim", "activation", "norm", "epsilon", "positions", "maxLength", "window", "softcap"] as const),
	...(["dropout", "attentionDropout", "seed"] as const),
];

/**
 * Checks a config, which may come from a file, and fills in the defaults.
 *
 * @throws HeedError `OPTION`.
 */
export function resolveDecoderLMConfig(config: DecoderLMConfig): ResolvedDecoderLMConfig {
	checkOptions(where, config, known);
	const { modelDim = 64, numHeads = 4, positions = { kind: "learned" } } = config;
	checkPositions(positions);
	checkNumber(where, "modelDim", modelDim, { integer: true, min: 1 });
	checkNumber(where, "numHeads", numHeads, { integer: true, min: 1 });
	const { window, softcap, maxLength = positions.kind === "learned" ? 512 : undefined } = config;
	const resolved: ResolvedDecoderLMConfig = {
		vocabularySize: config.vocabularySize,
		modelDim,
		layers: config.layers ?? 2,
		numHeads,
		numKeyValueHeads: config.numKeyValueHeads ?? numHeads,
		keyDim: config.keyDim ?? modelDim / numHeads,
		hiddenDim: config.hiddenDim ?? 4 * modelDim,
		activation: config.activation ?? "gelu",
		gated: config.gated ?? false,
		norm: config.norm ?? "layer",
		epsilon: config.epsilon ?? 1e-5,
		useBias: config.useBias ?? true,
		positions,
		...(maxLength !== undefined && { maxLength }),
		tieOutput: config.tieOutput ?? true,
		...(window !== undefined && { window }),
		...(softcap !== undefined && { softcap }),
		queryKeyNorm: config.queryKeyNorm ?? false,
		dropout: config.dropout ?? 0,
		attentionDropout: config.attentionDropout ?? 0,
		seed: config.seed ?? 0,
	};
	for (const name of sizes) checkNumber(where, name, resolved[name], { integer: true, min: 1 });
	for (const name of flags) checkFlag(where, name, resolved[name]);
	if (maxLength !== undefined) checkNumber(where, "maxLength", maxLength, { integer: true, min: 1 });
	if (window !== undefined) checkNumber(where, "window", window, { integer: true, min: 0 });
	checkNumber(where, "dropout", resolved.dropout, { min: 0, below: 1 });
	checkNumber(where, "attentionDropout", resolved.attentionDropout, { min: 0, below: 1 });
	checkNumber(where, "seed", resolved.seed, { integer: true, min: 0 });
	checkTransformerBlockOptions(where, decoderLMBlock({ ...resolved, keyDim: config.keyDim as number }));
	return resolved;
}

/** The options of each block. */
export function decoderLMBlock(config: ResolvedDecoderLMConfig): TransformerBlockOptions {
	const { modelDim, hiddenDim, activation, gated, norm, epsilon, useBias, positions, window } = config;
	const { numHeads, numKeyValueHeads, keyDim, softcap, queryKeyNorm } = config;
	return {
		...{ modelDim, norm, epsilon, normFirst: true },
		attention: {
			...{ numHeads, numKeyValueHeads, keyDim, outputDim: modelDim, useBias, softcap, queryKeyNorm },
			causal: true,
			dropout: config.attentionDropout,
			window: window === undefined ? undefined : { left: window, right: 0 },
			positions: positions.kind === "learned" ? undefined : positions,
		},
		feedForward: { hiddenDim, activation, gated, useBias },
	};
}

function checkPositions(positions: unknown): void {
	if (typeof positions !== "object" || positions === null) {
		const message = `\`positions\` is ${String(positions)}; expected an object with a \`kind\`.`;
		throw new HeedError("OPTION", where, message);
	}
	const { kind, ...rest } = positions as { readonly kind?: unknown };
	checkChoice(where, "positions.kind", kind, ["learned", "rotary", "alibi", "t5", "shaw"]);
	if (kind === "learned") checkOptions(`${where} positions 'learned'`, rest, []);
}
