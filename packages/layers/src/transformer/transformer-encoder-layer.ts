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
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762
 *
 * @throws HeedError at construction, build or call, when sizes do not fit.
 */
export class TransformerEncoderLayer extends TransformerLayer {
	static readonly className = "HeedTransformerEncoderLayer";

	override build(inputShape: Shape | Shape[]): void {
		this.makeBlock(this.args, this.features("x", this.shapeList(inputShape)[0]));
		super.build(inputShape);
	}

	override call(inputs: tf.Tensor | tf.Tensor[], { training }: CallOptions): tf.Tensor | tf.Tensor[] {
		return tf.tidy(() => {
			const { tensors, mask } = this.splitInputs(inputs);
			const [x] = tensors as [tf.Tensor3D];
			if (tensors.length !== 1) {
				const message = `${tensors.length} inputs came that are no mask; expected x, or [x, mask] with a mask of type bool.`;
				throw new HeedError("SHAPE", this.where, message);
			}
			this.checkSequence("x", x);
			this.checkMask(mask, x, x);
			const seen = mask ?? this.attachedMask(x);
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
 * Makes a {@link TransformerEncoderLayer}.
 *
 * @example
 * const x = input({ shape: [null, 64] });
 * const y = transformerEncoderLayer({ numHeads: 4, hiddenDim: 256, dropout: 0.1 }).apply(x);
 */
export function transformerEncoderLayer(args: TransformerLayerArgs): TransformerEncoderLayer {
	return new TransformerEncoderLayer(args);
}
