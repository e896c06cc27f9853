import {
	checkFlag,
	checkNumber,
	checkOptions,
	HeedError,
	type KeyValueCache,
	type Lengths,
} from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import {
	checkFeedForwardOptions,
	FeedForwardBlock,
	type FeedForwardOptions,
	feedForwardOptionNames,
} from "../feed-forward/feed-forward-block.ts";
import { type KeyValue, MultiHeadBlock } from "../multi-head/multi-head-block.ts";
import {
	checkMultiHeadOptions,
	headSizes,
	type MultiHeadOptions,
	multiHeadOptionNames,
} from "../multi-head/multi-head-options.ts";
import { checkNormOptions, makeNorm, type Norm, type NormOptions } from "../normalization/make-norm.ts";
import type { DropoutStream } from "../ops/dropout-stream.ts";
import type { ParameterScope } from "../parameters/parameters.ts";

/** What a Transformer block is made of. */
export interface TransformerBlockOptions extends NormOptions {
	/** Features of a position. */
	readonly modelDim: number;
	/** The attention of a sequence to itself. */
	readonly attention: MultiHeadOptions;
	/** Features of a memory to attend to as well: with it the block is that of a decoder. Default: no memory. */
	readonly memoryDim?: number | undefined;
	/** The attention to the memory. Default: the heads and sizes of `attention`. */
	readonly crossAttention?: MultiHeadOptions | undefined;
	readonly feedForward: FeedForwardOptions;
	/** Normalise what goes into a part (pre-norm) instead of what comes out (post-norm, the paper's). Default false. */
	readonly normFirst?: boolean | undefined;
}

/** How one call runs. */
export interface TransformerBlockCall {
	/** Of the sequence itself: bool, true = attend, `[batch, heads, length, length]`, where any size may be 1. */
	readonly mask?: tf.Tensor4D | undefined;
	/** How many leading positions of the sequence count, per batch item. */
	readonly lengths?: Lengths | undefined;
	/** `[batch, memoryLength, memoryDim]`; a decoder's block needs it. */
	readonly memory?: tf.Tensor3D | undefined;
	/** Of the memory: bool, true = attend, `[batch, heads, length, memoryLength]`, where any size may be 1. */
	readonly memoryMask?: tf.Tensor4D | undefined;
	/** How many leading positions of the memory count, per batch item. */
	readonly memoryLengths?: Lengths | undefined;
	/** Applied to the output of each part and inside the feed-forward network, and by `attention.dropout` to weights. */
	readonly dropout?: DropoutStream | undefined;
	/** Return the weights of both attentions. Default false. */
	readonly returnWeights?: boolean | undefined;
}

/** What a call gives. */
export interface TransformerBlockResult {
	/** `[batch, length, modelDim]`. */
	readonly output: tf.Tensor3D;
	/** `[batch, heads, length, length]`, if asked for. */
	readonly weights?: tf.Tensor4D | undefined;
	/** `[batch, heads, length, memoryLength]`, if asked for and there is a memory. */
	readonly memoryWeights?: tf.Tensor4D | undefined;
}

/** What a block remembers between two steps of a decoder. */
export type TransformerBlockState = {
	readonly cache: KeyValueCache;
	/** The memory, projected once for all steps. */
	readonly memory?: KeyValue;
};

const where = "TransformerBlock";

/**
 * One layer of a Transformer, of an encoder, a decoder or a language model:
 *
 *     post-norm   x ← norm(x + attention(x));   x ← norm(x + crossAttention(x, memory));   x ← norm(x + feedForward(x))
 *     pre-norm    x ← x + attention(norm(x));   x ← x + crossAttention(norm(x), memory);   x ← x + feedForward(norm(x))
 *
 * `x` is `[batch, length, D]`, the memory `[batch, memoryLength, memoryDim]`.
 *
 * Weights: `self_attention/…`, `cross_attention/…` (see {@link MultiHeadBlock}), `feed_forward/…` (see
 * {@link FeedForwardBlock}), and `self_attention_norm/gamma`, `…/beta` and so on. The caller wraps calls in `tf.tidy`.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762; pre-norm: Xiong et al. 2020, "On Layer
 * Normalization in the Transformer Architecture", https://arxiv.org/abs/2002.04745.
 *
 * When not to use it: in a model of `tf.layers`, which {@link TransformerEncoderLayer} and {@link TransformerDecoderLayer} are for.
 */
export class TransformerBlock {
	readonly #self: MultiHeadBlock;
	readonly #cross: MultiHeadBlock | undefined;
	readonly #feedForward: FeedForwardBlock;
	readonly #norms: readonly Norm[];
	readonly #normFirst: boolean;

	/**
	 * @param name What its records are called, with `/self_attention` or `/cross_attention` behind it.
	 * @throws HeedError `OPTION`, before any weight is made.
	 */
	constructor(parameters: ParameterScope, name: string, options: TransformerBlockOptions) {
		checkTransformerBlockOptions(where, options);
		const { modelDim, memoryDim, attention, feedForward, normFirst = false } = options;
		const cross = crossOptions(options);
		this.#normFirst = normFirst;
		this.#self = new MultiHeadBlock(parameters.scope("self_attention"), {
			...attention,
			...{ name: `${name}/self_attention`, querySize: modelDim, where },
		});
		if (memoryDim !== undefined) {
			this.#cross = new MultiHeadBlock(parameters.scope("cross_attention"), {
				...cross,
				...{ name: `${name}/cross_attention`, querySize: modelDim, keySize: memoryDim, where },
			});
		}
		this.#feedForward = new FeedForwardBlock(parameters.scope("feed_forward"), modelDim, feedForward, where);
		const parts = memoryDim === undefined ? ["self_attention"] : ["self_attention", "cross_attention"];
		this.#norms = [...parts, "feed_forward"].map((part) =>
			makeNorm(parameters.scope(`${part}_norm`), modelDim, options),
		);
	}

	/**
	 * Every position of `[batch, length, modelDim]` at once.
	 *
	 * @throws HeedError `VALUE` without a memory that the block attends to.
	 */
	run(x: tf.Tensor3D, call: TransformerBlockCall = {}): TransformerBlockResult {
		const { mask, lengths: keyLengths, dropout, returnWeights, memory } = call;
		let weights: tf.Tensor4D | undefined;
		let memoryWeights: tf.Tensor4D | undefined;
		const attendSelf = (input: tf.Tensor3D): tf.Tensor3D => {
			const options = { mask, keyLengths, dropoutSeed: dropout?.nextSeed(), returnWeights };
			const attended = this.#self.attend(input, input, input, options);
			weights = attended.weights;
			return attended.output;
		};
		const attendMemory = (input: tf.Tensor3D): tf.Tensor3D => {
			const options = {
				...{ mask: call.memoryMask, keyLengths: call.memoryLengths, returnWeights },
				dropoutSeed: dropout?.nextSeed(),
			};
			const keys = memory ?? this.#missingMemory();
			const attended = (this.#cross as MultiHeadBlock).attend(input, keys, keys, options);
			memoryWeights = attended.weights;
			return attended.output;
		};
		const output = this.#chain(x, attendSelf, attendMemory, dropout);
		return { output, weights, memoryWeights };
	}

	/** The state before the first step: room for `capacity` positions, and the projected memory. */
	start(batch: number, capacity: number, memory?: tf.Tensor3D): TransformerBlockState {
		const projected = this.#cross?.projectMemory(memory ?? this.#missingMemory());
		const cache = this.#self.createCache(batch, capacity);
		return projected === undefined ? { cache } : { cache, memory: projected };
	}

	/**
	 * New positions `[batch, new, modelDim]`, which see those before them. The block's self-attention must be causal if there
	 * are several. The state's cache is used up.
	 *
	 * @param call `lengths`: how many of the new positions count, plain numbers.
	 */
	step(
		x: tf.Tensor3D,
		state: TransformerBlockState,
		call: Pick<TransformerBlockCall, "memoryLengths" | "memoryMask" | "returnWeights"> & {
			readonly lengths?: readonly number[] | undefined;
		} = {},
	): TransformerBlockResult & { readonly state: TransformerBlockState } {
		const { lengths, returnWeights } = call;
		let { cache } = state;
		let weights: tf.Tensor4D | undefined;
		let memoryWeights: tf.Tensor4D | undefined;
		const attendSelf = (input: tf.Tensor3D): tf.Tensor3D => {
			const attended = this.#self.attendCached(input, cache, { lengths, returnWeights });
			({ cache, weights } = { weights: undefined, ...attended });
			return attended.output;
		};
		const attendMemory = (input: tf.Tensor3D): tf.Tensor3D => {
			const options = { mask: call.memoryMask, keyLengths: call.memoryLengths, returnWeights };
			const attended = (this.#cross as MultiHeadBlock).attendTo(
				input,
				state.memory ?? this.#missingMemory(),
				options,
			);
			memoryWeights = attended.weights;
			return attended.output;
		};
		const output = this.#chain(x, attendSelf, attendMemory);
		return { output, weights, memoryWeights, state: { ...state, cache } };
	}

	/** The parts in their order, each with its norm, its dropout and the way around it. */
	#chain(
		x: tf.Tensor3D,
		attendSelf: (x: tf.Tensor3D) => tf.Tensor3D,
		attendMemory: (x: tf.Tensor3D) => tf.Tensor3D,
		dropout?: DropoutStream,
	): tf.Tensor3D {
		const feed = (input: tf.Tensor3D): tf.Tensor3D => this.#feedForward.run(input, dropout);
		const parts = this.#cross === undefined ? [attendSelf, feed] : [attendSelf, attendMemory, feed];
		const drop = (y: tf.Tensor3D): tf.Tensor3D => dropout?.drop(y) ?? y;
		return parts.reduce((input, part, i) => {
			const norm = this.#norms[i] as Norm;
			return this.#normFirst
				? tf.add(input, drop(part(norm(input))))
				: norm(tf.add(input, drop(part(input))) as tf.Tensor3D);
		}, x);
	}

	#missingMemory(): never {
		throw new HeedError("VALUE", where, "no `memory` came; a block with `memoryDim` attends to one.");
	}
}

/**
 * Refuses options that make no block, before any weight is made: for models that check their own options first.
 *
 * @param from Who asks, for messages.
 * @throws HeedError `OPTION`.
 */
export function checkTransformerBlockOptions(from: string, options: TransformerBlockOptions): void {
	const { modelDim, memoryDim, attention, feedForward, normFirst = false } = options;
	const cross = crossOptions(options);
	checkNumber(from, "modelDim", modelDim, { integer: true, min: 1 });
	if (memoryDim !== undefined) checkNumber(from, "memoryDim", memoryDim, { integer: true, min: 1 });
	checkOptions(`${from} \`attention\``, attention, multiHeadOptionNames);
	checkMultiHeadOptions(from, attention);
	headSizes(from, attention, modelDim);
	checkOptions(`${from} \`crossAttention\``, cross, multiHeadOptionNames);
	checkMultiHeadOptions(from, cross);
	headSizes(from, cross, modelDim);
	checkOptions(`${from} \`feedForward\``, feedForward, feedForwardOptionNames);
	checkFeedForwardOptions(from, feedForward);
	checkNormOptions(from, options);
	checkFlag(from, "normFirst", normFirst);
}

/** The attention to the memory: what is about positions within one sequence does not belong there. */
function crossOptions({ attention, crossAttention }: TransformerBlockOptions): MultiHeadOptions {
	if (crossAttention !== undefined) return crossAttention;
	const { causal: _, window: __, positions: ___, ...shared } = attention;
	return shared;
}
