import { HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { rank4Mask } from "../multi-head/attention-mask.ts";
import type { CallOptions } from "../seeded-layer.ts";
import { TransformerLayer } from "./transformer-layer.ts";
import type { TransformerLayerArgs } from "./transformer-layer-args.ts";

/**
 * One layer of a Transformer's encoder as a `tf.layers` layer; with `causal: true` one of a language model.
 *
 *     post-norm   x ← norm(x + attention(x));   x ← norm(x + feedForward(x))
 *     pre-norm    x ← x + attention(norm(x));   x ← x + feedForward(norm(x))
 *
 * Inputs: `x` `[batch, length, features]`, or `[x, mask]` with a mask of type bool, true = attend: `[batch, length]`,
 * `[batch, length, length]` or rank 4. Output: the shape of `x`; with `returnAttention` also the weights `[batch, heads,
 * length, length]`. Weights as in {@link TransformerBlock}.
 *
 * Keys that the mask hides may hold anything, NaN too, but what is padding goes through the layer like the rest: it must be
 * finite where weights are trained.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762; pre-norm: Xiong et al. 2020, "On Layer
 * Normalization in the Transformer Architecture", https://arxiv.org/abs/2002.04745
 *
 * When not to use it: for text that is generated step by step, see {@link TransformerBlock}, which has caches; for sequences so
 * long that weights between all pairs of positions are too many.
 *
 * @throws HeedError `OPTION` at construction; `SHAPE`, `DTYPE` at build or call.
 */
export class TransformerEncoderLayer extends TransformerLayer {
	static readonly className = "HeedTransformerEncoderLayer";

	override build(inputShape: Shape | Shape[]): void {
		this.makeBlock(this.args, this.features("x", this.shapeList(inputShape)[0]));
		super.build(inputShape);
	}

	protected override checkInputs(inputs: tf.Tensor[]): void {
		const { tensors, mask } = this.splitInputs(inputs);
		const [x] = tensors as [tf.Tensor3D];
		if (tensors.length !== 1) {
			const message = `${tensors.length} inputs came that are no mask; expected x, or [x, mask] with a mask of type bool.`;
			throw new HeedError("SHAPE", this.where, message);
		}
		this.checkSequence("x", x);
		this.checkMask(mask, x, x);
	}

	override call(inputs: tf.Tensor | tf.Tensor[], { training }: CallOptions): tf.Tensor | tf.Tensor[] {
		this.checkInputs([inputs].flat());
		return tf.tidy(() => {
			const { tensors, mask } = this.splitInputs(inputs);
			const [x] = tensors as [tf.Tensor3D];
			const seen = this.joinedMask(mask, x);
			const { output, weights } = this.block.run(x, {
				mask: seen && rank4Mask(seen),
				dropout: this.nextDropout(training),
				returnWeights: this.returnAttention,
			});
			return this.returnAttention ? [output, weights as tf.Tensor4D] : output;
		});
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const [x = []] = this.shapeList(inputShape);
		const [batch = null, length = null] = x;
		return this.returnAttention ? [x, [batch, this.args.numHeads, length, length]] : x;
	}
}
tf.serialization.registerClass(TransformerEncoderLayer);

/**
 * Makes a {@link TransformerEncoderLayer}: `x` `[batch, length, features]`, or `[x, mask]`, to the shape of `x`.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762
 *
 * When not to use it: to generate step by step, see {@link TransformerBlock}.
 *
 * @throws HeedError `OPTION`.
 *
 * @example
 * const x = input({ shape: [null, 64] });
 * const y = transformerEncoderLayer({ numHeads: 4, hiddenDim: 256, dropout: 0.1 }).apply(x);
 */
export function transformerEncoderLayer(args: TransformerLayerArgs): TransformerEncoderLayer {
	return new TransformerEncoderLayer(args);
}
