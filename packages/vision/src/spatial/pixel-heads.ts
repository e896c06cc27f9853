import {
	checkNumber,
	HeedError,
	mergeHeads,
	type Normalizer,
	scaledDotProductAttention,
	splitHeads,
} from "@heed/core";
import { type Dense, makeDense, type ParameterScope } from "@heed/layers";
import type * as tf from "@tensorflow/tfjs-core";

/** The heads of a layer in which pixels look at pixels. */
export interface PixelHeadsArgs {
	/** Default 8. */
	readonly numHeads?: number | undefined;
	/** Features per head. Default: channels / `numHeads`, which must be whole. */
	readonly keyDim?: number | undefined;
}

/** {@link PixelHeadsArgs} with their defaults, as a config keeps them. */
export interface ResolvedPixelHeads {
	readonly numHeads: number;
	readonly keyDim?: number;
}

/** Checks {@link PixelHeadsArgs} and fills in what is not given. */
export function resolvePixelHeads(where: string, args: PixelHeadsArgs): ResolvedPixelHeads {
	const { numHeads = 8, keyDim } = args;
	checkNumber(where, "numHeads", numHeads, { integer: true, min: 1 });
	if (keyDim === undefined) return { numHeads };
	checkNumber(where, "keyDim", keyDim, { integer: true, min: 1 });
	return { numHeads, keyDim };
}

/** Rows of tokens that look at each other, `[rows, tokens, channels]`. */
export type PixelHeads = (
	x: tf.Tensor3D,
	options: {
		readonly mask?: tf.Tensor | undefined;
		readonly bias?: tf.Tensor | undefined;
		readonly normalizer?: Normalizer | undefined;
	},
) => { readonly output: tf.Tensor3D; readonly weights: tf.Tensor4D };

/**
 * Multi-head attention of tokens to each other. Weights, under the names of {@link MultiHeadBlock}: `query/kernel`, `key/kernel`,
 * `value/kernel` [channels, heads · keyDim], `attention_output/kernel` [heads · keyDim, channels], with a `bias` beside each.
 */
export function makePixelHeads(
	where: string,
	parts: ParameterScope,
	channels: number,
	heads: ResolvedPixelHeads,
): PixelHeads {
	const { numHeads, keyDim = channels / numHeads } = heads;
	if (!Number.isInteger(keyDim)) {
		const message = `${channels} channels do not divide into ${numHeads} heads. Give another \`numHeads\`, or \`keyDim\`.`;
		throw new HeedError("OPTION", where, message);
	}
	const inner = numHeads * keyDim;
	const [query, key, value] = ["query", "key", "value"].map((path) =>
		makeDense(parts.scope(path), { inputSize: channels, outputSize: inner }),
	) as [Dense, Dense, Dense];
	const output = makeDense(parts.scope("attention_output"), { inputSize: inner, outputSize: channels });
	return (x, options) => {
		const [q, k, v] = [query, key, value].map((dense) => splitHeads(dense(x), numHeads)) as [
			tf.Tensor4D,
			tf.Tensor4D,
			tf.Tensor4D,
		];
		const attended = scaledDotProductAttention(q, k, v, { ...options, returnWeights: true });
		return { output: output(mergeHeads(attended.output)), weights: attended.weights };
	};
}
