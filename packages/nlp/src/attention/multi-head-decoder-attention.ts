import { checkNumber, HeedError, mergeHeads, scaledDotProductAttention, splitHeads } from "@heed/core";
import { type AttentionLayerArgs, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { LayerVariable } from "@tensorflow/tfjs-layers";
import type { AttentionState } from "./decoder-attention.ts";
import type { AttendedSequence } from "./decoder-attention-base.ts";
import { ParallelAttention } from "./parallel-attention.ts";

/** Arguments of {@link MultiHeadDecoderAttention}. */
export interface MultiHeadDecoderAttentionArgs extends AttentionLayerArgs {
	/** Number of heads. */
	readonly numHeads: number;
	/** Features per head of query, key and value. Default: the query's features / `numHeads`, which must be whole. */
	readonly keyDim?: number | undefined;
}

interface Kernels {
	readonly query: LayerVariable;
	readonly key: LayerVariable;
	readonly value: LayerVariable;
	readonly output: LayerVariable;
}

/**
 * The Transformer's attention to the source, for a recurrent decoder: several heads that look at different places at once.
 *
 *     head_h = softmax(q Wq_h (m Wk_h)ᵀ / √keyDim) m Wv_h       over the valid positions
 *     context = concat over heads of head_h, times Wo
 *     alignment = mean over heads of the softmax
 *
 * Keys and values are computed once per sentence; the values are what a state calls its memory. There are no biases, as in
 * the paper, so a row with nothing to attend to is zeros. H heads, d `keyDim`. Weights: `query/kernel` [querySize, H·d],
 * `key/kernel` and `value/kernel` [memorySize, H·d], `attention_output/kernel` [H·d, memorySize].
 *
 * When not to use it: where an alignment is to be read, since the mean over heads is nobody's choice; between the layers of
 * a Transformer, where `MultiHeadAttention` of `@heed/layers` is the tool.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762
 */
export class MultiHeadDecoderAttention extends ParallelAttention {
	static readonly className = "HeedMultiHeadDecoderAttention";
	readonly kind = "multiHeadDecoderAttention";
	readonly numHeads: number;
	readonly keyDim: number | undefined;
	#kernels: Kernels | undefined;

	/** @throws HeedError `OPTION`, also when it is built and `numHeads` does not divide the query's size. */
	constructor(args: MultiHeadDecoderAttentionArgs) {
		super(args, ["numHeads", "keyDim"]);
		const { numHeads, keyDim } = args;
		checkNumber(this.where, "numHeads", numHeads, { integer: true, min: 1 });
		if (keyDim !== undefined) checkNumber(this.where, "keyDim", keyDim, { integer: true, min: 1 });
		this.numHeads = numHeads;
		this.keyDim = keyDim;
	}

	protected addWeights(querySize: number, memorySize: number): void {
		const { numHeads, keyDim = querySize / numHeads } = this;
		if (!Number.isInteger(keyDim)) {
			const message = `querySize ${querySize} is not divisible by \`numHeads\` ${numHeads}. Use a divisor of ${querySize}, or give \`keyDim\`.`;
			throw new HeedError("OPTION", this.where, message);
		}
		const size = numHeads * keyDim;
		this.#kernels = {
			query: this.addSeededWeight("query/kernel", [querySize, size]),
			key: this.addSeededWeight("key/kernel", [memorySize, size]),
			value: this.addSeededWeight("value/kernel", [memorySize, size]),
			output: this.addSeededWeight("attention_output/kernel", [size, memorySize]),
		};
	}

	protected startState(memory: tf.Tensor3D, mask: tf.Tensor3D): AttentionState {
		return {
			keys: project(memory, this.read(this.#kernels?.key)), // [B, S, H·d]
			memory: project(memory, this.read(this.#kernels?.value)), // [B, S, H·d]
			mask,
		};
	}

	protected attendSequence(query: tf.Tensor3D, { keys, memory, mask }: AttentionState): AttendedSequence {
		const { numHeads } = this;
		const asked = project(query, this.read(this.#kernels?.query)); // [B, Tq, H·d]
		const heads = [asked, keys, memory].map((x) => splitHeads(x, numHeads)); // [B, H, Tq or S, d]
		const { output, weights } = scaledDotProductAttention(
			...(heads as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]),
			{ mask: tf.expandDims(mask, 1), returnWeights: true }, // [B, 1, 1 or Tq, S]
		);
		return {
			context: project(mergeHeads(output), this.read(this.#kernels?.output)), // [B, Tq, M]
			alignment: tf.mean(weights, 1), // [B, Tq, S]
		};
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { numHeads, keyDim } = this;
		return { ...super.getConfig(), numHeads, ...(keyDim !== undefined && { keyDim }) };
	}
}

tf.serialization.registerClass(MultiHeadDecoderAttention);
