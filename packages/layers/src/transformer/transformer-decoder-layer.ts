import { checkShape, describeShape, HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { rank4Mask } from "../multi-head/attention-mask.ts";
import type { CallOptions } from "../seeded-layer.ts";
import { TransformerLayer } from "./transformer-layer.ts";
import type { TransformerLayerArgs } from "./transformer-layer-args.ts";

/**
 * One layer of a Transformer's decoder as a `tf.layers` layer: attention to itself (causal unless told otherwise), attention to
 * a memory, and a feed-forward network, each with its norm.
 *
 *     post-norm   x ← norm(x + attention(x));   x ← norm(x + attention(x, memory));   x ← norm(x + feedForward(x))
 *     pre-norm    x ← x + attention(norm(x));   x ← x + attention(norm(x), memory);   x ← x + feedForward(norm(x))
 *
 * Inputs: `[x, memory]`, `[batch, length, features]` and `[batch, memoryLength, memoryFeatures]`; then, if wanted, masks of
 * type bool, true = attend: `[x, memory, memoryMask]` or `[x, memory, mask, memoryMask]`, each `[batch, keys]`, `[batch,
 * queries, keys]` or rank 4. Padding behind the last token of `x` needs no mask. Output: the shape of `x`; with
 * `returnAttention` also the weights of the attention to the memory, `[batch, heads, length, memoryLength]`. Weights as in
 * {@link TransformerBlock}.
 *
 * What the memory holds where its mask lets no query look may be anything, NaN too.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762; pre-norm: Xiong et al. 2020, "On Layer
 * Normalization in the Transformer Architecture", https://arxiv.org/abs/2002.04745
 *
 * When not to use it: to decode step by step, see {@link TransformerBlock}, which has caches; without a memory, where
 * {@link TransformerEncoderLayer} with `causal` is what language models are made of.
 *
 * @throws HeedError `OPTION` at construction; `SHAPE`, `DTYPE` at build or call.
 */
export class TransformerDecoderLayer extends TransformerLayer {
	static readonly className = "HeedTransformerDecoderLayer";

	override build(inputShape: Shape | Shape[]): void {
		const [x, memory] = this.shapeList(inputShape);
		const args = { ...this.args, causal: this.args.causal ?? true };
		this.makeBlock(args, this.features("x", x), this.features("memory", memory));
		super.build(inputShape);
	}

	protected override checkInputs(inputs: tf.Tensor[]): void {
		const { tensors, mask: memoryMask } = this.splitInputs(inputs);
		const [x, memory, mask, ...rest] = tensors as [tf.Tensor3D, tf.Tensor3D, ...tf.Tensor[]];
		this.checkSequence("x", x);
		this.checkSequence("memory", memory);
		if (rest.length > 0 || (mask !== undefined && mask.dtype !== "bool")) {
			const message = `${tensors.length} inputs that are no masks; expected [x, memory], and after them a memoryMask, or a mask and a memoryMask, of type bool.`;
			throw new HeedError("SHAPE", this.where, message);
		}
		const came = describeShape("x", x.shape, ["batch", "length", "features"]);
		const axes = ["batch", "memoryLength", "features"];
		checkShape(this.where, "memory", memory, axes, [x.shape[0], null, null], came);
		this.checkMask(mask, x, x);
		this.checkMask(memoryMask, x, memory);
	}

	override call(inputs: tf.Tensor | tf.Tensor[], { training }: CallOptions): tf.Tensor | tf.Tensor[] {
		this.checkInputs([inputs].flat());
		return tf.tidy(() => {
			const { tensors, mask: memoryMask } = this.splitInputs(inputs);
			const [x, memory, mask] = tensors as [tf.Tensor3D, tf.Tensor3D, tf.Tensor?];
			const own = this.joinedMask(mask, x);
			const seen = this.joinedMask(memoryMask, memory);
			const { output, memoryWeights } = this.block.run(x, {
				...{ memory, mask: own && rank4Mask(own), memoryMask: seen && rank4Mask(seen) },
				dropout: this.nextDropout(training),
				returnWeights: this.returnAttention,
			});
			return this.returnAttention ? [output, memoryWeights as tf.Tensor4D] : output;
		});
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const [x = [], memory = []] = this.shapeList(inputShape);
		const [batch = null, length = null] = x;
		return this.returnAttention ? [x, [batch, this.args.numHeads, length, memory[1] ?? null]] : x;
	}
}
tf.serialization.registerClass(TransformerDecoderLayer);

/**
 * Makes a {@link TransformerDecoderLayer}: `[x, memory]`, and masks, to the shape of `x`, `[batch, length, features]`.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762
 *
 * When not to use it: to decode step by step, see {@link TransformerBlock}.
 *
 * @throws HeedError `OPTION`.
 *
 * @example
 * const y = transformerDecoderLayer({ numHeads: 4, hiddenDim: 256 }).apply([x, memory]);
 */
export function transformerDecoderLayer(args: TransformerLayerArgs): TransformerDecoderLayer {
	return new TransformerDecoderLayer(args);
}
