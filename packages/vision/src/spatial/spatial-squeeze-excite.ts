import { type AttentionLayerArgs, type Dense, makeDense } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { SpatialGate } from "./spatial-gate.ts";

/**
 * Spatial squeeze-and-excitation: every pixel weighs itself by what its channels say.
 *
 *     a[p] = sigmoid(x[p] · w + b);   y = a · x
 *
 * Inputs and masks: {@link ImageAttention}. Weights: `score/kernel` w [channels, 1], `score/bias` b [1]: C + 1.
 *
 * Roy, Navab, Wachinger 2018, "Concurrent Spatial and Channel 'Squeeze & Excitation' in Fully Convolutional Networks",
 * https://arxiv.org/abs/1803.02579
 *
 * When not to use it: where a pixel cannot be judged without its neighbours; that is {@link CbamSpatialGate}.
 *
 * @throws HeedError at construction, build or call.
 */
export class SpatialSqueezeExcite extends SpatialGate {
	static readonly className = "HeedSpatialSqueezeExcite";
	#score: Dense | undefined;

	constructor(args: AttentionLayerArgs = {}) {
		super(args, []);
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		this.#score = makeDense(parts.scope("score"), { inputSize: channels, outputSize: 1 });
	}

	protected weigh({ x }: ImageAttentionCall): tf.Tensor3D {
		const [batch, height, width] = x.shape;
		return tf.reshape(tf.sigmoid(this.made(this.#score)(x)), [batch, height, width]);
	}
}
tf.serialization.registerClass(SpatialSqueezeExcite);

/** Makes a {@link SpatialSqueezeExcite} layer. */
export function spatialSqueezeExcite(args: AttentionLayerArgs = {}): SpatialSqueezeExcite {
	return new SpatialSqueezeExcite(args);
}
