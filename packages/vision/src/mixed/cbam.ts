import { checkChoice, checkFlag } from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { makeCbamChannelGate, type WeighChannels } from "../channel/cbam-channel-gate.ts";
import type { ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import {
	type Reduction,
	type ReductionArgs,
	reducedChannels,
	reductionNames,
	resolveReduction,
} from "../ops/reduction.ts";
import {
	makeCbamSpatialGate,
	type ResolvedSpatialGate,
	resolveSpatialGate,
	type SpatialGateOptions,
	type WeighPixels,
} from "../spatial/cbam-spatial-gate.ts";
import { MixedAttention, ofChannels, ofPixels } from "./mixed-attention.ts";

/** Arguments of {@link cbam}. `variant` gives the defaults of both halves. */
export interface CbamArgs extends AttentionLayerArgs, ReductionArgs, SpatialGateOptions {
	/** Channels first (`cs`, default), pixels first (`sc`), or both from the same image (`parallel`). */
	readonly order?: "cs" | "sc" | "parallel" | undefined;
	/** Give the network of the channels biases. Default true, and false for the variant `timm`. */
	readonly mlpBias?: boolean | undefined;
}

/**
 * CBAM: which channels count, and then which pixels.
 *
 *     c = sigmoid(mlp(mean over pixels of x) + mlp(max over pixels of x))                 [B, C]
 *     s = sigmoid(batchNorm(conv7×7([max, mean over channels of c · x])))                 [B, H, W]
 *     y = s · c · x                    `sc`: s of x, c of s · x; `parallel`: both of x
 *
 * The halves are {@link CbamChannelGate} and {@link CbamSpatialGate}; what is said there holds here. Map: s · c. Inputs, masks and
 * records: {@link MixedAttention}. Weights: those of the halves under `channel/` and `spatial/`, 2C²/r + C + C/r + 2k² + 2 in all.
 *
 * Woo et al. 2018, "CBAM: Convolutional Block Attention Module", https://arxiv.org/abs/1807.06521
 *
 * When not to use it: on maps of a few pixels, where the large kernel sees mostly what is not there; {@link CbamChannelGate} alone
 * does as well.
 *
 * @throws HeedError at construction, build or call.
 */
export class Cbam extends MixedAttention {
	static readonly className = "HeedCbam";
	readonly order: "cs" | "sc" | "parallel";
	readonly mlpBias: boolean;
	readonly spatial: ResolvedSpatialGate;
	readonly #reduction: Reduction;
	#channels: WeighChannels | undefined;
	#pixels: WeighPixels | undefined;

	constructor(args: CbamArgs = {}) {
		const spatialNames = ["kernelSize", "norm", "poolOrder", "gammaInitializer", "variant"];
		super(args, ["order", "mlpBias", ...spatialNames, ...reductionNames]);
		this.spatial = resolveSpatialGate(this.where, args);
		const isTimm = this.spatial.variant === "timm";
		const { order = "cs", mlpBias = !isTimm } = args;
		checkChoice(this.where, "order", order, ["cs", "sc", "parallel"]);
		checkFlag(this.where, "mlpBias", mlpBias);
		this.order = order;
		this.mlpBias = mlpBias;
		this.#reduction = resolveReduction(this.where, args, isTimm ? { roundLimit: 0 } : {});
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		const hidden = reducedChannels(channels, this.#reduction);
		const options = { channels, hidden, useBias: this.mlpBias, pools: ["avg", "max"] } as const;
		this.#channels = makeCbamChannelGate(parts.scope("channel"), options);
		this.#pixels = makeCbamSpatialGate(parts.scope("spatial"), this.spatial);
	}

	protected weigh({ x, mask, training }: ImageAttentionCall): tf.Tensor4D {
		const [ofImage, ofMap] = [this.made(this.#channels), this.made(this.#pixels)];
		const weighChannels = (seen: tf.Tensor4D): tf.Tensor4D => {
			const weights = ofImage(seen, mask);
			this.recordPart("channel", weights);
			return ofChannels(weights);
		};
		const weighPixels = (seen: tf.Tensor4D): tf.Tensor4D => {
			const weights = ofMap(seen, training);
			this.recordPart("spatial", weights);
			return ofPixels(weights);
		};
		if (this.order === "sc") {
			const pixels = weighPixels(x);
			return tf.mul(pixels, weighChannels(tf.mul(x, pixels)));
		}
		const channels = weighChannels(x);
		return tf.mul(channels, weighPixels(this.order === "cs" ? tf.mul(x, channels) : x));
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { order, mlpBias, spatial } = this;
		return { ...super.getConfig(), order, mlpBias, ...spatial, ...this.#reduction };
	}
}
tf.serialization.registerClass(Cbam);

/** Makes a {@link Cbam} layer. */
export function cbam(args: CbamArgs = {}): Cbam {
	return new Cbam(args);
}
