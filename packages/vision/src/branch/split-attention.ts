import { checkNumber, convolution2d } from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttended, ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { type BatchNorm, makeBatchNorm } from "../ops/batch-norm.ts";
import { checkOdd } from "../ops/check-odd.ts";
import { averageOverPixels } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { whereCounted } from "../vision-attention.ts";
import { BranchAttention, branchSoftmax, sumBranches } from "./branch-attention.ts";
import { checkParts } from "./check-parts.ts";

/** Arguments of {@link splitAttention}. */
export interface SplitAttentionArgs extends AttentionLayerArgs {
	/** How many branches. Default 2. With 1 there is nothing to choose: channels are weighed by a sigmoid. */
	readonly radix?: number | undefined;
	/** Groups of channels that do not see each other, `cardinality`. Default 1. */
	readonly groups?: number | undefined;
	/** Features of the bottleneck per channel of all branches, rounded down. Default 1/4. */
	readonly rdRatio?: number | undefined;
	/** At least so many features. Default 32. */
	readonly minRd?: number | undefined;
	/** Size of the kernels, odd. Default 3. */
	readonly kernelSize?: number | undefined;
}

/**
 * Split attention, the block of ResNeSt: channels are convolved in parts, and of the R parts that make up a channel of the output
 * each channel chooses.
 *
 *     U_1 … U_R = relu(batchNorm(conv3×3 in R · groups parts (x)))            [B, H, W, C] each
 *     z = relu(batchNorm(mean over the pixels of Σ_r U_r · W + b))            [B, d], d = max(R C / 4, 32)
 *     a = softmax over r of z · V + c                                         [B, R, C]
 *     y = Σ_r a_r · U_r
 *
 * Inputs, masks and map: {@link BranchAttention}. Means are over the pixels that count; the norm of the convolution counts all.
 * The channels must be a multiple of R · groups, d one of `groups`. Weights: `conv/kernel` [3, 3, C / (R · groups), R · C], branch
 * by branch, `conv/norm/…`, `reduce/kernel` W [1, 1, C / groups, d], `reduce/bias`, `reduce/norm/…`, `expand/kernel` V
 * [1, 1, d / groups, R · C], group by group and in each branch by branch, `expand/bias`, as PyTorch lays them out: 9 C² / groups +
 * 2 R C + C d / groups + 3 d + d R C / groups + R C.
 *
 * Zhang et al. 2020, "ResNeSt: Split-Attention Networks", https://arxiv.org/abs/2004.08955
 *
 * When not to use it: for few channels, where the bottleneck of 32 outweighs the convolution: {@link SqueezeExcite}.
 *
 * @throws HeedError at construction, build or call.
 */
export class SplitAttention extends BranchAttention {
	static readonly className = "HeedSplitAttention";
	readonly radix: number;
	readonly groups: number;
	readonly rdRatio: number;
	readonly minRd: number;
	readonly kernelSize: number;
	#made: Made | undefined;

	constructor(args: SplitAttentionArgs = {}) {
		super(args, ["radix", "groups", "rdRatio", "minRd", "kernelSize"]);
		const { radix = 2, groups = 1, rdRatio = 1 / 4, minRd = 32, kernelSize = 3 } = args;
		checkNumber(this.where, "radix", radix, { integer: true, min: 1 });
		checkNumber(this.where, "groups", groups, { integer: true, min: 1 });
		checkNumber(this.where, "rdRatio", rdRatio, { above: 0 });
		checkNumber(this.where, "minRd", minRd, { integer: true, min: 1 });
		checkOdd(this.where, "kernelSize", kernelSize);
		this.radix = radix;
		this.groups = groups;
		this.rdRatio = rdRatio;
		this.minRd = minRd;
		this.kernelSize = kernelSize;
	}

	protected get branches(): number {
		return this.radix;
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		const { radix, groups, kernelSize: size } = this;
		checkParts(this.where, channels, radix * groups, "Give `radix` and `groups` whose product divides them.");
		const wanted = Math.max(Math.floor(channels * radix * this.rdRatio), this.minRd);
		const hidden = Math.ceil(wanted / groups) * groups;
		const make = (path: string, side: number, inputs: number, outputs: number): tf.Tensor4D => {
			const initializer = { deviation: Math.sqrt(2 / (side * side * inputs)) };
			return parts.add<tf.Rank.R4>(`${path}/kernel`, [side, side, inputs, outputs], initializer);
		};
		const bias = (path: string, outputs: number): tf.Tensor1D =>
			parts.add<tf.Rank.R1>(`${path}/bias`, [outputs], "zeros");
		this.#made = {
			kernel: make("conv", size, channels / (radix * groups), radix * channels),
			norm: makeBatchNorm(parts.scope("conv/norm"), radix * channels),
			reduce: [make("reduce", 1, channels / groups, hidden), bias("reduce", hidden)],
			reduceNorm: makeBatchNorm(parts.scope("reduce/norm"), hidden),
			expand: [make("expand", 1, hidden / groups, radix * channels), bias("expand", radix * channels)],
		};
	}

	protected attend({ x, mask, training }: ImageAttentionCall): ImageAttended {
		const { kernel, norm, reduce, reduceNorm, expand } = this.made(this.#made);
		const { radix, groups } = this;
		const [batch, height, width, channels] = x.shape;
		const convolved = convolution2d(x, kernel, { padding: "same", groups: radix * groups });
		const all = whereCounted(tf.relu(norm(convolved, training)), mask); // [B, H, W, R C]
		const maps = Array.from({ length: radix }, (_, r) =>
			tf.slice(all, [0, 0, 0, r * channels], [batch, height, width, channels]),
		);
		const seen = averageOverPixels(tf.addN(maps) as tf.Tensor4D, mask); // [B, C]
		const hidden = tf.relu(reduceNorm(inGroups(seen, reduce, groups), training)); // [B, d]
		const scores = inGroups(hidden, expand, groups); // [B, groups · R · C / groups]
		const apart = tf.transpose(tf.reshape(scores, [batch, groups, radix, channels / groups]), [0, 2, 1, 3]);
		const byBranch: tf.Tensor3D = tf.reshape(apart, [batch, radix, channels]);
		const weights = radix === 1 ? tf.sigmoid(byBranch) : branchSoftmax(byBranch);
		return { output: sumBranches(maps, weights), weights };
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { radix, groups, rdRatio, minRd, kernelSize } = this;
		return { ...super.getConfig(), radix, groups, rdRatio, minRd, kernelSize };
	}
}
tf.serialization.registerClass(SplitAttention);

/** Makes a {@link SplitAttention} layer. */
export function splitAttention(args: SplitAttentionArgs = {}): SplitAttention {
	return new SplitAttention(args);
}

type Product = readonly [kernel: tf.Tensor4D, bias: tf.Tensor1D];

interface Made {
	readonly kernel: tf.Tensor4D;
	readonly norm: BatchNorm;
	readonly reduce: Product;
	readonly reduceNorm: BatchNorm;
	readonly expand: Product;
}

/** A dense layer whose features fall into groups that do not see each other. */
function inGroups(x: tf.Tensor2D, [kernel, bias]: Product, groups: number): tf.Tensor2D {
	const [batch, features] = x.shape;
	const pixels: tf.Tensor4D = tf.reshape(x, [batch, 1, 1, features]);
	return tf.add(tf.reshape(convolution2d(pixels, kernel, { groups }), [batch, -1]), bias);
}
