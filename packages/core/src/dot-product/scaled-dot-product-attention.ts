import * as tf from "@tensorflow/tfjs-core";
import { HeedError } from "../errors.ts";
import { reportKernelPath } from "../kernel/kernel-path.ts";
import type { Lengths } from "../mask/padding-mask.ts";
import { entmax15 } from "../normalize/entmax15.ts";
import { sigmoidNormalizer } from "../normalize/sigmoid-normalizer.ts";
import { sparsemax } from "../normalize/sparsemax.ts";
import { fusedUnsupported, runAttention } from "./attention-dispatch.ts";
import {
	type AttentionAttributes,
	type AttentionInputs,
	SCALED_DOT_PRODUCT_ATTENTION,
} from "./attention-kernel.ts";
import type { AttentionOptions, ReturnWeights } from "./attention-options.ts";
import { type AttentionSizes, checkAttention } from "./check-attention.ts";
import { denseAttention, type Normalizer } from "./dense-attention.ts";

/** What {@link scaledDotProductAttention} returns with `returnWeights`. */
export interface AttentionResult {
	/** `[batch, heads, queryLength, valueDim]`, or in the layout of the inputs. */
	readonly output: tf.Tensor4D;
	/** `[batch, heads, queryLength, keyLength]`, before dropout. Rows sum to 1, to less with a sink, dead rows to 0. */
	readonly weights: tf.Tensor4D;
	/** Logarithm of the sum of exp of the visible scores (and the sink), `[batch, heads, queryLength]`. */
	readonly logSumExp: tf.Tensor3D;
}

/**
 * Scaled dot-product attention.
 *
 *     scores  = softcap(scale · Q Kᵀ) + bias, hidden where a mask says so
 *     weights = softmax(scores)                 (a row that sees no key is all 0)
 *     output  = dropout(weights) V
 *
 * The order is the same on every path: scale, softcap, bias, masks, sinks, normalise, dead rows to 0, dropout, value.
 * Grouped heads: query head h reads key/value head `floor(h / (heads / kvHeads))`.
 *
 * A dead row, with nothing to attend to, has output 0, weights 0, gradients 0 and logSumExp -Infinity (the sink's logit
 * if there is one). A key that is hidden by `mask` has weight exactly 0, but NaN or Infinity in its value still spoils
 * the output (0 · NaN); beyond `keyLengths` the content does not matter at all.
 *
 * Differentiable in query, key, value, bias and sinks, once: the host gets second derivatives wrong for every op that
 * saves its output, softmax and exp included. Memory grows with `length · block`; with `returnWeights`, another
 * normaliser or `implementation: 'dense'` it grows with `queryLength · keyLength`.
 *
 * Vaswani et al., "Attention Is All You Need", 2017, https://arxiv.org/abs/1706.03762. Computed in blocks after Dao et
 * al., "FlashAttention", 2022, https://arxiv.org/abs/2205.14135.
 *
 * @param query `[batch, heads, queryLength, headDim]`
 * @param key `[batch, kvHeads, keyLength, headDim]`, heads a multiple of kvHeads
 * @param value `[batch, kvHeads, keyLength, valueDim]`
 * @returns The output `[batch, heads, queryLength, valueDim]`, or all of {@link AttentionResult} with `returnWeights`.
 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`; `UNSUPPORTED` when `implementation` cannot do what is asked.
 */
export function scaledDotProductAttention(
	query: tf.Tensor4D,
	key: tf.Tensor4D,
	value: tf.Tensor4D,
	options: AttentionOptions & { readonly returnWeights: true },
): AttentionResult;
export function scaledDotProductAttention(
	query: tf.Tensor4D,
	key: tf.Tensor4D,
	value: tf.Tensor4D,
	options?: AttentionOptions & ReturnWeights<false>,
): tf.Tensor4D;
export function scaledDotProductAttention(
	query: tf.Tensor4D,
	key: tf.Tensor4D,
	value: tf.Tensor4D,
	options?: AttentionOptions & ReturnWeights,
): tf.Tensor4D | AttentionResult;
export function scaledDotProductAttention(
	query: tf.Tensor4D,
	key: tf.Tensor4D,
	value: tf.Tensor4D,
	options: AttentionOptions & ReturnWeights = {},
): tf.Tensor4D | AttentionResult {
	const sizes = checkAttention(query, key, value, options);
	const { layout = "bhsd", normalizer = "softmax", implementation = "auto", returnWeights = false } = options;
	const attributes = attributesOf(options, sizes.headDim);
	if (implementation === "fused") checkFused(sizes, options, attributes);
	const cause = denseCause(options);
	return tf.tidy(() => {
		const swap = (tensor: tf.Tensor4D): tf.Tensor4D =>
			layout === "bhsd" ? tensor : tf.transpose(tensor, [0, 2, 1, 3]);
		if (cause === undefined || isEmpty(sizes)) {
			const [result, logSumExp] = runAttention(
				inputsOf(swap(query), swap(key), swap(value), options),
				attributes,
			);
			const output = swap(result);
			const { batch, heads, queryLength, keyLength } = sizes;
			return returnWeights
				? { output, weights: tf.zeros([batch, heads, queryLength, keyLength]), logSumExp }
				: output;
		}
		reportKernelPath({
			kernel: SCALED_DOT_PRODUCT_ATTENTION,
			backend: tf.getBackend(),
			path: "dense",
			reason: cause,
		});
		const inputs = inputsOf(swap(query), swap(key), swap(value), options);
		const result = denseAttention(inputs, attributes, namedNormalizer(normalizer));
		return returnWeights ? { ...result, output: swap(result.output) } : swap(result.output);
	}) as tf.Tensor4D | AttentionResult;
}

/** Why the whole matrix of scores is needed, or nothing when it is not. */
function denseCause({
	implementation,
	normalizer = "softmax",
	returnWeights,
}: AttentionOptions & ReturnWeights): string | undefined {
	if (returnWeights) return "weights were asked for";
	if (normalizer !== "softmax") return "another normaliser than softmax was asked for";
	return implementation === "dense" ? "the dense path was asked for" : undefined;
}

/** Stock kernels cannot be trusted with tensors of size 0, so the kernel answers for them. */
function isEmpty({ batch, heads, queryLength, keyLength, valueDim }: AttentionSizes): boolean {
	return batch * heads * queryLength * keyLength * valueDim === 0;
}

/** By shapes alone: a refusal after the first operation on a tape would leave tensors behind. */
function checkFused(sizes: AttentionSizes, options: AttentionOptions, attributes: AttentionAttributes): void {
	const { batch, heads, queryLength, headDim, keyHeads, keyLength, valueDim } = sizes;
	const rank4 = (tensor: tf.Tensor | undefined): number[] | undefined =>
		tensor === undefined ? undefined : [1, 1, ...tensor.shape].slice(-4);
	const shapes = {
		query: [batch, heads, queryLength, headDim],
		key: [batch, keyHeads, keyLength, headDim],
		value: [batch, keyHeads, keyLength, valueDim],
		mask: rank4(options.mask),
		bias: rank4(options.bias),
		keyLengths: options.keyLengths === undefined ? undefined : [batch],
		sinks: options.sinks?.shape,
	};
	const reason = fusedUnsupported(shapes, attributes);
	if (reason === undefined) return;
	throw new HeedError(
		"UNSUPPORTED",
		"scaledDotProductAttention",
		`\`implementation\` is 'fused', but ${reason}. Import a backend package that has it, or use 'auto'.`,
	);
}

function attributesOf(options: AttentionOptions, headDim: number): AttentionAttributes {
	const {
		scale = 1 / Math.sqrt(headDim),
		softcap = 0,
		causal = false,
		queryOffset = 0,
		window,
		dropout,
	} = options;
	return {
		scale,
		softcap,
		causal,
		queryOffset,
		windowLeft: window?.left ?? -1,
		windowRight: window?.right ?? -1,
		dropoutRate: dropout?.rate ?? 0,
		dropoutSeed: dropout?.seed ?? 0,
		blocked: options.implementation === "blocked",
		blockRows: 0,
	};
}

function inputsOf(
	query: tf.Tensor4D,
	key: tf.Tensor4D,
	value: tf.Tensor4D,
	{ mask, bias, keyLengths, sinks }: AttentionOptions,
): AttentionInputs {
	// A rank-2 mask or bias serves every batch item and head.
	const toRank4 = (tensor: tf.Tensor): tf.Tensor4D =>
		tf.reshape(tensor, [1, 1, 1, 1, ...tensor.shape].slice(-4) as [number, number, number, number]);
	const lengths = (given: Lengths): tf.Tensor1D =>
		"dtype" in given ? given : tf.tensor1d([...given], "int32");
	return {
		query,
		key,
		value,
		...(mask === undefined ? {} : { mask: toRank4(mask) }),
		...(bias === undefined ? {} : { bias: toRank4(bias) }),
		...(keyLengths === undefined ? {} : { keyLengths: lengths(keyLengths) }),
		...(sinks === undefined ? {} : { sinks }),
	};
}

/** Nothing for softmax, which the dense path computes itself because sinks take part in it. */
function namedNormalizer(normalizer: NonNullable<AttentionOptions["normalizer"]>): Normalizer | undefined {
	if (typeof normalizer === "function") return normalizer;
	return { softmax: undefined, sparsemax, entmax15, sigmoid: sigmoidNormalizer }[normalizer];
}
