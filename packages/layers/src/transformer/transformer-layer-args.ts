import { checkNumber } from "@heed/core";
import type { AttentionLayerArgs } from "../attention-layer.ts";
import type { ActivationName } from "../feed-forward/activation.ts";
import { givenOptions } from "../given-options.ts";
import { type MultiHeadOptions, multiHeadOptionNames } from "../multi-head/multi-head-options.ts";
import type { NormOptions } from "../normalization/make-norm.ts";
import { checkTransformerBlockOptions, type TransformerBlockOptions } from "./transformer-block.ts";

/** Arguments of `transformerEncoderLayer` and `transformerDecoderLayer`; those of attention are for that to itself. */
export interface TransformerLayerArgs
	extends AttentionLayerArgs,
		NormOptions,
		Omit<MultiHeadOptions, "outputDim" | "useBias"> {
	/** Features in the middle of the feed-forward network. */
	readonly hiddenDim: number;
	/** Of the feed-forward network. Default `relu`. */
	readonly activation?: ActivationName | undefined;
	/** Multiply by a second projection there: SwiGLU with `silu`, GEGLU with `gelu`. Default false. */
	readonly gated?: boolean | undefined;
	/** Normalise what goes into a part (pre-norm) instead of what comes out (post-norm, the paper's). Default false. */
	readonly normFirst?: boolean | undefined;
	/** Add a bias in each projection. Default true. */
	readonly useBias?: boolean | undefined;
	/** Share that `fit` drops: of attention weights, inside the feed-forward network and behind each part. Default 0. */
	readonly dropout?: number | undefined;
}

/** The names of {@link TransformerLayerArgs} beside those of every attention layer. */
export const transformerArgumentNames: readonly (keyof TransformerLayerArgs & string)[] = [
	...multiHeadOptionNames.filter((name) => name !== "outputDim"),
	...(["hiddenDim", "activation", "gated", "normFirst", "norm", "epsilon"] as const),
];

/** The arguments as options of a block. */
export function blockOptions(
	where: string,
	args: TransformerLayerArgs,
	modelDim: number,
	memoryDim?: number,
): TransformerBlockOptions {
	const { hiddenDim, activation, gated, useBias, norm, epsilon, normFirst } = args;
	const attention = givenOptions<MultiHeadOptions, keyof MultiHeadOptions>(args, multiHeadOptionNames);
	const options = {
		...{ modelDim, memoryDim, attention, norm, epsilon, normFirst },
		feedForward: { hiddenDim, activation, gated, useBias },
	};
	checkTransformerBlockOptions(where, options);
	return options;
}

/** Refuses arguments that make no layer whatever its input. */
export function checkTransformerArguments(where: string, args: TransformerLayerArgs): void {
	const { numHeads, dropout = 0 } = args;
	checkNumber(where, "numHeads", numHeads, { integer: true, min: 1 });
	checkNumber(where, "dropout", dropout, { min: 0, below: 1 });
	blockOptions(where, args, (args.keyDim ?? 2) * numHeads); // of any size that the heads divide
}
