import { checkChoice, checkFlag, HeedError } from "@heed/core";
import type { AttentionLayerArgs, ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { makeBottleneck } from "../ops/bottleneck.ts";
import { averageOverPixels, maxOverPixels } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import {
	type Reduction,
	type ReductionArgs,
	reducedChannels,
	reductionNames,
	resolveReduction,
} from "../ops/reduction.ts";
import { ChannelGate } from "./channel-gate.ts";

/** A pooling of {@link CbamChannelGate}. */
export type ChannelPool = "avg" | "max";

/** Arguments of {@link cbamChannelGate}. */
export interface CbamChannelGateArgs extends AttentionLayerArgs, ReductionArgs {
	/** Give the network biases. Default true, and false for the variant `timm`. */
	readonly mlpBias?: boolean | undefined;
	/** The poolings, each of which goes through the same network. Default both. */
	readonly pools?: readonly ChannelPool[] | undefined;
	/**
	 * `official` (default): biases. `timm`: none, and no limit when the bottleneck is rounded. The `paper` of {@link cbam} differs from
	 * `official` in the half of the pixels alone, so there is none here.
	 */
	readonly variant?: "official" | "timm" | undefined;
}

/**
 * The channel half of CBAM: mean and maximum of a channel, through one network, summed before the sigmoid.
 *
 *     a = sigmoid(mlp(mean over pixels of x) + mlp(max over pixels of x))        [B, C]
 *     mlp(z) = relu(z · W₁ + b₁) · W₂ + b₂,   y = a · x
 *
 * Where several pixels have the maximum they share its gradient. Inputs and masks: {@link ImageAttention}. Weights:
 * `reduce/kernel` W₁ [channels, hidden], `reduce/bias`, `expand/kernel` W₂ [hidden, channels], `expand/bias`.
 *
 * Woo et al. 2018, "CBAM: Convolutional Block Attention Module", https://arxiv.org/abs/1807.06521
 *
 * When not to use it: alone, if the place matters as well; {@link CbamSpatialGate} is the other half.
 *
 * @throws HeedError at construction, build or call.
 */
export class CbamChannelGate extends ChannelGate {
	static readonly className = "HeedCbamChannelGate";
	readonly mlpBias: boolean;
	readonly pools: readonly ChannelPool[];
	readonly variant: "official" | "timm";
	readonly #reduction: Reduction;
	#weigh: WeighChannels | undefined;

	constructor(args: CbamChannelGateArgs = {}) {
		super(args, ["mlpBias", "pools", "variant", ...reductionNames]);
		const { variant = "official", pools = ["avg", "max"] } = args;
		const { mlpBias = variant === "official" } = args;
		checkChoice(this.where, "variant", variant, ["official", "timm"]);
		checkFlag(this.where, "mlpBias", mlpBias);
		checkPools(this.where, pools);
		this.mlpBias = mlpBias;
		this.pools = [...pools];
		this.variant = variant;
		this.#reduction = resolveReduction(this.where, args, variant === "timm" ? { roundLimit: 0 } : {});
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		const hidden = reducedChannels(channels, this.#reduction);
		this.#weigh = makeCbamChannelGate(parts, { channels, hidden, useBias: this.mlpBias, pools: this.pools });
	}

	protected weigh({ x, mask }: ImageAttentionCall): tf.Tensor2D {
		return this.made(this.#weigh)(x, mask);
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { mlpBias, pools, variant } = this;
		return { ...super.getConfig(), mlpBias, pools: [...pools], variant, ...this.#reduction };
	}
}
tf.serialization.registerClass(CbamChannelGate);

/** Makes a {@link CbamChannelGate} layer. */
export function cbamChannelGate(args: CbamChannelGateArgs = {}): CbamChannelGate {
	return new CbamChannelGate(args);
}

/** The weight of every channel, `[batch, channels]`. */
export type WeighChannels = (x: tf.Tensor4D, mask?: tf.Tensor3D) => tf.Tensor2D;

const poolings: Readonly<Record<ChannelPool, WeighChannels>> = { avg: averageOverPixels, max: maxOverPixels };

/** The gate as a part of a layer. */
export function makeCbamChannelGate(
	parameters: ParameterScope,
	options: {
		readonly channels: number;
		readonly hidden: number;
		readonly useBias: boolean;
		readonly pools: readonly ChannelPool[];
	},
): WeighChannels {
	const mlp = makeBottleneck(parameters, options);
	return (x, mask) => {
		const scores = options.pools.map((pool) => mlp(poolings[pool](x, mask))); // of [B, C]
		return tf.sigmoid(tf.addN(scores));
	};
}

function checkPools(where: string, pools: readonly ChannelPool[]): void {
	if (!Array.isArray(pools) || pools.length === 0 || new Set(pools).size < pools.length) {
		const message = `\`pools\` is ${JSON.stringify(pools)}; expected a list of 'avg', 'max' or both, each once.`;
		throw new HeedError("OPTION", where, message);
	}
	for (const pool of pools) checkChoice(where, "pools", pool, ["avg", "max"]);
}
