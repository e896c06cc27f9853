import * as tf from "@tensorflow/tfjs-core";
import type { QueryOffset } from "../mask/visible-range.ts";

/** Name of the forward kernel: inputs → `[output, logSumExp]`. */
export const SCALED_DOT_PRODUCT_ATTENTION = "ScaledDotProductAttention";

/** Name of the backward kernel: inputs, results and their gradients → gradients of the inputs. */
export const SCALED_DOT_PRODUCT_ATTENTION_GRAD = "ScaledDotProductAttentionGrad";

/**
 * The tensors of the forward kernel.
 *
 * Glossary: B batch, H heads, Hk key/value heads, Tq queries, Tk keys, D head size, Dv value size.
 */
export type AttentionInputs = {
	/** float32 `[B, H, Tq, D]` */
	readonly query: tf.Tensor4D;
	/** float32 `[B, Hk, Tk, D]` */
	readonly key: tf.Tensor4D;
	/** float32 `[B, Hk, Tk, Dv]` */
	readonly value: tf.Tensor4D;
	/** bool, true = attend, `[B | 1, H | 1, Tq | 1, Tk | 1]` */
	readonly mask?: tf.Tensor4D;
	/** float32, added to the scores, `[B | 1, H | 1, Tq | 1, Tk | 1]` */
	readonly bias?: tf.Tensor4D;
	/** int32 `[B]` */
	readonly keyLengths?: tf.Tensor1D;
	/** float32 `[H]` */
	readonly sinks?: tf.Tensor1D;
};

/** The tensors of the backward kernel, beside those of the forward one. */
export type AttentionGradInputs = AttentionInputs & {
	/** What the forward kernel returned, `[B, H, Tq, Dv]`. */
	readonly output: tf.Tensor4D;
	/** What the forward kernel returned, `[B, H, Tq]`; -Infinity for dead rows. */
	readonly logSumExp: tf.Tensor3D;
	/** Gradient of `output`. */
	readonly outputGrad: tf.Tensor4D;
	/** Gradient of `logSumExp`. */
	readonly logSumExpGrad: tf.Tensor3D;
};

/** What the backward kernel computes; `bias` and `sinks` where the input was there. */
export type AttentionGrads = {
	readonly query: tf.Tensor;
	readonly key: tf.Tensor;
	readonly value: tf.Tensor;
	readonly bias?: tf.Tensor;
	readonly sinks?: tf.Tensor;
};

/** The numbers of both kernels. */
export interface AttentionAttributes {
	/** Factor on the products of query and key. */
	readonly scale: number;
	/** `c` of `c · tanh(x / c)`; 0 for none. */
	readonly softcap: number;
	/** Key j is visible to query i only if `j <= i + offset`. */
	readonly causal: boolean;
	/** One offset, or one per batch item. */
	readonly queryOffset: QueryOffset;
	/** Keys before `i + offset` that are visible; -1 for all. */
	readonly windowLeft: number;
	/** Keys after `i + offset` that are visible; -1 for all. */
	readonly windowRight: number;
	/** Share of weights that are dropped, from 0 to below 1. */
	readonly dropoutRate: number;
	/** Seed of the dropout. */
	readonly dropoutSeed: number;
	/** Leave the fused kernels out. */
	readonly blocked: boolean;
	/** Queries per block of the composition; 0 to choose by memory. */
	readonly blockRows: number;
}

const optionalInputs = ["mask", "bias", "keyLengths", "sinks"] as const;

/** The inputs of the forward kernel in the order in which the gradient saves them. */
export const inputNames: readonly string[] = ["query", "key", "value", ...optionalInputs];

/** Kernel attributes with the list of optional inputs that are really there. */
type PackedAttributes = AttentionAttributes & { readonly present: readonly string[] };

/**
 * The host wants every kernel input to be a tensor (it fails on `undefined` under a tape), so an absent one is packed
 * as a scalar, and `present` tells which are real.
 */
export function packInputs(
	inputs: AttentionInputs,
	attributes: AttentionAttributes,
): [tf.NamedTensorMap, tf.NamedAttrMap] {
	const absent = tf.scalar(0);
	const optional = optionalInputs.map((name) => [name, inputs[name] ?? absent] as const);
	const { query, key, value } = inputs;
	const present = optionalInputs.filter((name) => inputs[name] !== undefined);
	return [
		{ query, key, value, ...Object.fromEntries(optional) },
		{ ...attributes, present } as unknown as tf.NamedAttrMap,
	];
}

/** Undoes {@link packInputs}: drops the stand-ins. */
export function unpackInputs<T extends AttentionInputs>(
	inputs: tf.NamedTensorInfoMap,
	attrs: tf.NamedAttrMap | undefined,
): [T, AttentionAttributes] {
	const { present, ...attributes } = attrs as unknown as PackedAttributes;
	const isReal = ([name]: [string, unknown]): boolean =>
		!(optionalInputs as readonly string[]).includes(name) || present.includes(name);
	return [Object.fromEntries(Object.entries(inputs).filter(isReal)) as unknown as T, attributes];
}
