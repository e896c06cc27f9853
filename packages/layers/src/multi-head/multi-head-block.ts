import {
	appendToCache,
	createCache,
	type KeyValueCache,
	type Lengths,
	mergeHeads,
	type QueryOffset,
	scaledDotProductAttention,
	splitHeads,
} from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { isCapturing, recordAttention } from "../capture-attention.ts";
import { rmsNorm } from "../normalization/feature-norm.ts";
import { type Dense, makeDense } from "../ops/dense.ts";
import type { ParameterScope } from "../parameters/parameters.ts";
import { liveKeys } from "./live-keys.ts";
import { checkMultiHeadOptions, headSizes, type MultiHeadOptions } from "./multi-head-options.ts";
import { makePositions, type Positions } from "./position-scheme.ts";

/** What {@link MultiHeadBlock} accepts. */
export interface MultiHeadBlockOptions extends MultiHeadOptions {
	/** What its records are called. */
	readonly name: string;
	/** Features of the query. */
	readonly querySize: number;
	/** Features of the key. Default: those of the query. */
	readonly keySize?: number | undefined;
	/** Features of the value. Default: those of the key. */
	readonly valueSize?: number | undefined;
	/** Who asks, for messages. Default `MultiHeadBlock`. */
	readonly where?: string | undefined;
}

/** How one call attends. */
export interface AttendOptions {
	/** Bool, true = attend, `[batch, heads, queryLength, keyLength]`, where any size may be 1. */
	readonly mask?: tf.Tensor4D | undefined;
	/** Float32, added to the scores; shapes as for `mask`. */
	readonly bias?: tf.Tensor4D | undefined;
	/** How many leading keys count, per batch item. */
	readonly keyLengths?: Lengths | undefined;
	/** Position of the first query among the keys. Default 0. */
	readonly queryOffset?: QueryOffset | undefined;
	/** Drop weights by this seed, at the rate of the block: another one for every call. Default: no dropout. */
	readonly dropoutSeed?: number | undefined;
	/** Return the weights too. Default: only while somebody captures. */
	readonly returnWeights?: boolean | undefined;
}

/** Keys and values by head, `[batch, kvHeads, keyLength, keyDim]` and `[batch, kvHeads, keyLength, valueDim]`. */
export type KeyValue = Readonly<Record<"key" | "value", tf.Tensor4D>>;

/** What a call gives. */
export interface Attended {
	/** `[batch, queryLength, outputDim]`. */
	readonly output: tf.Tensor3D;
	/** `[batch, heads, queryLength, keyLength]`, before dropout; if asked for, or while somebody captures. */
	readonly weights?: tf.Tensor4D;
}

/**
 * Multi-head attention as a part of models and layers: weights and the ways to run them.
 *
 *     Q = query Wq + bq     K = key Wk + bk     V = value Wv + bv          cut into heads
 *     output = concat over heads of softmax(Q Kᵀ · scale) V, times Wo, plus bo
 *
 * B batch, Tq queries, Tk keys, H heads, Hk key/value heads, dk `keyDim`, dv `valueDim`. Weights: `query/kernel`
 * [querySize, H·dk], `key/kernel` [keySize, Hk·dk], `value/kernel` [valueSize, Hk·dv], `attention_output/kernel` [H·dv,
 * outputDim], a `bias` beside each; `sinks` [H], `query_norm/gamma` and `key_norm/gamma` [dk], `positions/…`, if wanted.
 *
 * The caller owns what comes out, and wraps calls in `tf.tidy`.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762; grouped heads: Ainslie et al. 2023,
 * "GQA", https://arxiv.org/abs/2305.13245.
 *
 * When not to use it: in a model of `tf.layers`, which `multiHeadAttention` is for; it checks what comes, and this does not.
 */
export class MultiHeadBlock {
	readonly name: string;
	/** Numbers per head of queries and keys. */
	readonly keyDim: number;
	/** Numbers per head of values. */
	readonly valueDim: number;
	/** Numbers per position of the output. */
	readonly outputDim: number;
	/** Heads of keys and values, which several heads of queries may share. */
	readonly numKeyValueHeads: number;
	readonly #options: MultiHeadBlockOptions;
	readonly #query: Dense;
	readonly #key: Dense;
	readonly #value: Dense;
	readonly #output: Dense;
	readonly #sinks: tf.Variable<tf.Rank.R1> | undefined;
	readonly #norms: readonly tf.Variable<tf.Rank.R1>[];
	readonly #positions: Positions;

	/**
	 * @param parameters Where the weights are registered, for instance `new Parameters({ seed: 1 })`.
	 * @throws HeedError `OPTION`, before any weight is made.
	 */
	constructor(parameters: ParameterScope, options: MultiHeadBlockOptions) {
		const { name, querySize, keySize = querySize, valueSize = keySize, numHeads, useBias } = options;
		const { where = "MultiHeadBlock", numKeyValueHeads = numHeads } = options;
		checkMultiHeadOptions(where, options);
		const { keyDim, valueDim, outputDim } = headSizes(where, options, querySize);
		this.name = name;
		this.keyDim = keyDim;
		this.valueDim = valueDim;
		this.outputDim = outputDim;
		this.numKeyValueHeads = numKeyValueHeads;
		this.#options = options;
		const dense = (path: string, inputSize: number, outputSize: number): Dense =>
			makeDense(parameters.scope(path), { inputSize, outputSize, useBias });
		this.#query = dense("query", querySize, numHeads * keyDim);
		this.#key = dense("key", keySize, numKeyValueHeads * keyDim);
		this.#value = dense("value", valueSize, numKeyValueHeads * valueDim);
		this.#output = dense("attention_output", numHeads * valueDim, outputDim);
		this.#sinks = options.sinks ? parameters.add<tf.Rank.R1>("sinks", [numHeads], "zeros") : undefined;
		this.#norms = (options.queryKeyNorm ? ["query", "key"] : []).map((side) =>
			parameters.add<tf.Rank.R1>(`${side}_norm/gamma`, [keyDim], "ones"),
		);
		const { scale = 1 / Math.sqrt(keyDim) } = options;
		this.#positions = makePositions(parameters, options.positions, { numHeads, keyDim, valueDim, scale });
	}

	/**
	 * Attends with every query of `[batch, queryLength, querySize]` to `[batch, keyLength, …]`. Keys and values that stand
	 * behind a length, or where the mask lets no query look, may be anything, NaN too; queries are always read.
	 */
	attend(
		query: tf.Tensor3D,
		key: tf.Tensor3D,
		value: tf.Tensor3D = key,
		options: AttendOptions = {},
	): Attended {
		const keys = liveKeys(key, options);
		const values = value === key ? keys : liveKeys(value, options);
		return this.attendTo(query, this.projectMemory(keys, values), options);
	}

	/** Keys and values of a memory, to be used by several calls of {@link attendTo}. */
	projectMemory(key: tf.Tensor3D, value: tf.Tensor3D = key, offset: QueryOffset = 0): KeyValue {
		const keys = this.#normed(splitHeads(this.#key(key), this.numKeyValueHeads), 1);
		return {
			key: this.#positions.rotate(keys, offset), // [B, Hk, Tk, dk]
			value: splitHeads(this.#value(value), this.numKeyValueHeads), // [B, Hk, Tk, dv]
		};
	}

	/**
	 * Attends to keys and values that are projected already. Behind the lengths they may be anything; where only the mask hides
	 * them they must be finite.
	 */
	attendTo(query: tf.Tensor3D, { key, value }: KeyValue, options: AttendOptions = {}): Attended {
		const { mask, keyLengths, queryOffset = 0, dropoutSeed } = options;
		const { numHeads, dropout: rate = 0, causal, window, scale, softcap } = this.#options;
		const heads = this.#normed(splitHeads(this.#query(query), numHeads), 0);
		const asked = this.#positions.rotate(heads, queryOffset); // [B, H, Tq, dk]
		const own = this.#positions.bias(asked, key.shape[2], queryOffset);
		const bias = own && options.bias ? tf.add(own, options.bias) : (own ?? options.bias);
		const dropout = dropoutSeed === undefined || rate === 0 ? {} : { dropout: { rate, seed: dropoutSeed } };
		const call = {
			...{ mask, bias, keyLengths, queryOffset, causal, window, scale, softcap, sinks: this.#sinks },
			...dropout,
		};
		const { values } = this.#positions;
		const wanted = options.returnWeights || isCapturing();
		if (!wanted && values === undefined) {
			return { output: this.#output(mergeHeads(scaledDotProductAttention(asked, key, value, call))) };
		}
		const result = scaledDotProductAttention(asked, key, value, { ...call, returnWeights: true });
		const { output, weights } = result;
		const meta = { causal: causal === true };
		recordAttention({ layer: this.name, kind: "multiHeadAttention", axes, weights, meta });
		const whole = values === undefined ? output : tf.add(output, values(weights, queryOffset)); // [B, H, Tq, dv]
		return { output: this.#output(mergeHeads(whole as tf.Tensor4D)), ...(wanted && { weights }) };
	}

	/** An empty cache for {@link attendCached}. */
	createCache(batch: number, capacity: number): KeyValueCache {
		const { numKeyValueHeads: kvHeads, keyDim: headDim, valueDim } = this;
		return createCache({ batch, kvHeads, capacity, headDim, valueDim });
	}

	/**
	 * Attends with new positions `[batch, new, querySize]` to themselves and to those that a cache holds. The cache is used up;
	 * the one that comes back holds the new positions too.
	 *
	 * @param options `lengths`: how many of the new positions count, per batch item. Default: all.
	 */
	attendCached(
		x: tf.Tensor3D,
		cache: KeyValueCache,
		options: Pick<AttendOptions, "returnWeights"> & { readonly lengths?: readonly number[] | undefined } = {},
	): Attended & { readonly cache: KeyValueCache } {
		const { lengths, returnWeights } = options;
		const queryOffset = cache.lengths;
		const fresh = this.projectMemory(x, x, queryOffset);
		const grown = appendToCache(cache, fresh.key, fresh.value, { lengths, consume: true });
		const attended = this.attendTo(x, grown, { keyLengths: grown.lengths, queryOffset, returnWeights });
		return { ...attended, cache: grown };
	}

	#normed(x: tf.Tensor4D, side: 0 | 1): tf.Tensor4D {
		const gamma = this.#norms[side];
		return gamma === undefined ? x : rmsNorm(x, gamma);
	}
}

const axes = ["batch", "heads", "query", "key"];
