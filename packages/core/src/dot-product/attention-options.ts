import type * as tf from "@tensorflow/tfjs-core";
import type { Lengths } from "../mask/padding-mask.ts";
import type { QueryOffset } from "../mask/visible-range.ts";
import type { AttentionWindow } from "../mask/window-mask.ts";
import type { Normalizer } from "./dense-attention.ts";

/** The normalisers that {@link AttentionOptions.normalizer} knows by name. */
export const normalizerNames = ["softmax", "sparsemax", "entmax15", "sigmoid"] as const;

/** Options of {@link scaledDotProductAttention}. */
export interface AttentionOptions {
	/**
	 * Which axes the query, key and value have: `bhsd` = `[batch, heads, length, dim]` (default), `bshd` =
	 * `[batch, length, heads, dim]`. The output has the same. Masks, bias and weights are `[batch, heads, query, key]`
	 * either way.
	 */
	readonly layout?: "bhsd" | "bshd" | undefined;
	/**
	 * Bool, true = attend. `[queryLength, keyLength]` or `[batch, heads, queryLength, keyLength]`, where any size may
	 * be 1.
	 */
	readonly mask?: tf.Tensor | undefined;
	/**
	 * Float32, added to the scores after the softcap; differentiable. Ranks as for `mask`. Values of -1e30 and below,
	 * -Infinity too, hide a key; -1e9 is an ordinary number.
	 */
	readonly bias?: tf.Tensor | undefined;
	/** How many leading keys of each batch item are real, `[batch]`; the rest is padding of any content. */
	readonly keyLengths?: Lengths | undefined;
	/** Query i sees key j only if `j <= i + queryOffset`. Default false. */
	readonly causal?: boolean | undefined;
	/**
	 * Position of the first query among the keys, for `causal` and `window`; one number, or one per batch item. May be
	 * negative. Default 0, which aligns the first query with the first key; a cache passes its length.
	 */
	readonly queryOffset?: QueryOffset | undefined;
	/**
	 * Query i sees `left` keys before and `right` keys after `i + queryOffset`, and that key itself; -1 is unbounded.
	 */
	readonly window?: AttentionWindow | undefined;
	/** Factor on the products of query and key. Default `1 / sqrt(headDim)`. */
	readonly scale?: number | undefined;
	/** `c`, 1e-30 or more: scores become `c · tanh(score / c)`. Default: none. */
	readonly softcap?: number | undefined;
	/** Float32 `[heads]`: a logit per head that takes weight without having a value; differentiable. */
	readonly sinks?: tf.Tensor1D | undefined;
	/** Drops weights after they are normalised. A seed is required: same seed, same weights dropped. */
	readonly dropout?: { readonly rate: number; readonly seed: number } | undefined;
	/** How scores become weights: a name, or a function along the last axis. Default `softmax`. */
	readonly normalizer?: (typeof normalizerNames)[number] | Normalizer | undefined;
	/**
	 * - `auto` (default): the fastest path that does what is asked
	 * - `fused`: a fused kernel of a backend package, or an error that says why not
	 * - `blocked`: stock operations in blocks of queries
	 * - `dense`: stock operations on the whole matrix of scores
	 */
	readonly implementation?: "auto" | "fused" | "blocked" | "dense" | undefined;
}

/** Asks for `{ output, weights, logSumExp }` instead of the output; needs the dense path. */
export interface ReturnWeights<T extends boolean = boolean> {
	/** Default false. */
	readonly returnWeights?: T | undefined;
}

/** Every option name, so that an unknown one can be refused. */
export const attentionOptionNames: readonly (keyof (AttentionOptions & ReturnWeights))[] = [
	"layout",
	"mask",
	"bias",
	"keyLengths",
	"causal",
	"queryOffset",
	"window",
	"scale",
	"softcap",
	"sinks",
	"dropout",
	"normalizer",
	"implementation",
	"returnWeights",
];
