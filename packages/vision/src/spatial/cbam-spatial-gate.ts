import { checkChoice, checkFlag, convolution2d } from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttentionCall } from "../image-attention.ts";
import { makeBatchNorm } from "../ops/batch-norm.ts";
import { checkOdd } from "../ops/check-odd.ts";
import { maxOverChannels } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { SpatialGate } from "./spatial-gate.ts";

/** How the gate of a {@link CbamSpatialGate} is made. */
export interface SpatialGateOptions {
	/** Size of the convolution, an odd number. Default 7. */
	readonly kernelSize?: number | undefined;
	/** Normalise over the batch before the sigmoid. Default true, and false for the variant `paper`. */
	readonly norm?: boolean | undefined;
	/** Which pooling is the first input of the convolution. Default `maxMean`, and `meanMax` for `timm` and `paper`. */
	readonly poolOrder?: "maxMean" | "meanMax" | undefined;
	/** Of the norm's gamma. Default `ones`; the official networks start with `zeros`, a gate of ½ everywhere. */
	readonly gammaInitializer?: "ones" | "zeros" | undefined;
	/** Which of the published forms gives the defaults above. Default `official`. */
	readonly variant?: "official" | "timm" | "paper" | undefined;
}

/** {@link SpatialGateOptions} with their defaults. */
export type ResolvedSpatialGate = {
	readonly [Name in keyof SpatialGateOptions]-?: Exclude<SpatialGateOptions[Name], undefined>;
};

/** Arguments of {@link cbamSpatialGate}. */
export interface CbamSpatialGateArgs extends AttentionLayerArgs, SpatialGateOptions {}

/**
 * The spatial half of CBAM: the strongest and the mean channel of every pixel and its neighbours decide how much it counts.
 *
 *     s = [max over channels of x, mean over channels of x]           [B, H, W, 2]
 *     a = sigmoid(batchNorm(conv7×7(s)));   y = a · x                 zeros beyond the edges, no bias
 *
 * Where several channels have the maximum they share its gradient. To move weights between the two orders of pooling swap the
 * input channels of the kernel. Pixels that a mask leaves out are zeros to their neighbours, and count in the statistics of the
 * norm. Inputs: {@link ImageAttention}. Weights: `kernel` [7, 7, 2, 1], `norm/gamma`, `norm/beta` [1], 2k² + 2 in all; statistics
 * `norm/movingMean`, `norm/movingVariance`.
 *
 * Woo et al. 2018, "CBAM: Convolutional Block Attention Module", https://arxiv.org/abs/1807.06521
 *
 * When not to use it: on maps of a few pixels, where the kernel sees mostly what is not there.
 *
 * @throws HeedError at construction, build or call.
 */
export class CbamSpatialGate extends SpatialGate {
	static readonly className = "HeedCbamSpatialGate";
	readonly options: ResolvedSpatialGate;
	#weigh: WeighPixels | undefined;

	constructor(args: CbamSpatialGateArgs = {}) {
		super(args, ["kernelSize", "norm", "poolOrder", "gammaInitializer", "variant"]);
		this.options = resolveSpatialGate(this.where, args);
	}

	protected addWeights(parts: LayerParts): void {
		this.#weigh = makeCbamSpatialGate(parts, this.options);
	}

	protected weigh({ x, training }: ImageAttentionCall): tf.Tensor3D {
		return this.made(this.#weigh)(x, training);
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), ...this.options };
	}
}
tf.serialization.registerClass(CbamSpatialGate);

/** Makes a {@link CbamSpatialGate} layer. */
export function cbamSpatialGate(args: CbamSpatialGateArgs = {}): CbamSpatialGate {
	return new CbamSpatialGate(args);
}

/** Checks the options and fills in what is not given. */
export function resolveSpatialGate(where: string, args: SpatialGateOptions): ResolvedSpatialGate {
	const { variant = "official", kernelSize = 7, gammaInitializer = "ones" } = args;
	const { norm = variant !== "paper", poolOrder = variant === "official" ? "maxMean" : "meanMax" } = args;
	checkChoice(where, "variant", variant, ["official", "timm", "paper"]);
	checkOdd(where, "kernelSize", kernelSize);
	checkFlag(where, "norm", norm);
	checkChoice(where, "poolOrder", poolOrder, ["maxMean", "meanMax"]);
	checkChoice(where, "gammaInitializer", gammaInitializer, ["ones", "zeros"]);
	return { kernelSize, norm, poolOrder, gammaInitializer, variant };
}

/** The weight of every pixel, `[batch, height, width]`. */
export type WeighPixels = (x: tf.Tensor4D, training: boolean) => tf.Tensor3D;

/** The gate as a part of a layer. */
export function makeCbamSpatialGate(parts: LayerParts, options: ResolvedSpatialGate): WeighPixels {
	const { kernelSize, poolOrder, gammaInitializer, variant } = options;
	const kernel = parts.add<tf.Rank.R4>("kernel", [kernelSize, kernelSize, 2, 1]);
	const momentum = variant === "official" ? 0.99 : 0.9;
	const norm = options.norm && makeBatchNorm(parts.scope("norm"), 1, { momentum, gammaInitializer });
	return (x, training) => {
		const pooled = [maxOverChannels(x), tf.mean(x, 3, true) as tf.Tensor4D];
		if (poolOrder === "meanMax") pooled.reverse();
		const scores = convolution2d(tf.concat(pooled, 3), kernel, { padding: "same" }); // [B, H, W, 1]
		const normed = norm ? norm(scores, training) : scores;
		return tf.reshape(tf.sigmoid(normed), [x.shape[0], x.shape[1], x.shape[2]]);
	};
}
