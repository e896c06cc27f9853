import { checkFlag, checkNumber, convolution2d, HeedError } from "@heed/core";
import { type AttentionLayerArgs, type Dense, makeDense } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttended, ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { type BatchNorm, makeBatchNorm } from "../ops/batch-norm.ts";
import { checkOdd } from "../ops/check-odd.ts";
import { averageOverPixels } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { whereCounted } from "../vision-attention.ts";
import { BranchAttention, branchSoftmax, sumBranches } from "./branch-attention.ts";
import { checkParts } from "./check-parts.ts";

/** Arguments of {@link selectiveKernel}. */
export interface SelectiveKernelArgs extends AttentionLayerArgs {
	/** The sizes of the kernels, odd, one for each branch. Default `[3, 5]`. */
	readonly kernels?: readonly number[] | undefined;
	/** Make larger kernels of 3 × 3 taps that lie apart. Default true; false: all taps. */
	readonly dilated?: boolean | undefined;
	/** Features of the bottleneck per channel, rounded down. Default 1/16. */
	readonly rdRatio?: number | undefined;
	/** At least so many features. Default 32. */
	readonly minRd?: number | undefined;
	/** Groups of the convolutions, a divisor of the channels. Default 32. */
	readonly groups?: number | undefined;
}

/**
 * Selective kernels: the image is seen through kernels of several sizes, and each channel chooses among them by what all of them
 * see.
 *
 *     U_m = relu(batchNorm(conv of size k_m (x)))                             [B, H, W, C] each
 *     z = relu(batchNorm(mean over the pixels of Σ_m U_m · W))                [B, d], d = max(C / 16, 32)
 *     a = softmax over m of z · V_m                                           [B, M, C]
 *     y = Σ_m a_m · U_m
 *
 * Inputs, masks and map: {@link BranchAttention}. Means are over the pixels that count; the norms of the branches count all.
 * Weights: `branch/0/kernel` [3, 3, channels / groups, channels] and `branch/0/norm/…` of each branch, `reduce/kernel` W,
 * `reduce/norm/…`, `expand/kernel` V [d, M · channels], branch by branch: M · (9 C² / groups + 2 C) + C d + 2 d + d M C.
 *
 * Li et al. 2019, "Selective Kernel Networks", https://arxiv.org/abs/1903.06586
 *
 * When not to use it: where one size of kernel will do; it costs as many convolutions as there are branches.
 *
 * @throws HeedError at construction, build or call.
 */
export class SelectiveKernel extends BranchAttention {
	static readonly className = "HeedSelectiveKernel";
	readonly kernels: readonly number[];
	readonly dilated: boolean;
	readonly rdRatio: number;
	readonly minRd: number;
	readonly groups: number;
	#made: Made | undefined;

	constructor(args: SelectiveKernelArgs = {}) {
		super(args, ["kernels", "dilated", "rdRatio", "minRd", "groups"]);
		const { kernels = [3, 5], dilated = true, rdRatio = 1 / 16, minRd = 32, groups = 32 } = args;
		const { where } = this;
		if (!Array.isArray(kernels) || kernels.length === 0) {
			const message = `\`kernels\` is ${JSON.stringify(kernels)}; expected a list of odd sizes, such as [3, 5].`;
			throw new HeedError("OPTION", where, message);
		}
		kernels.forEach((size, i) => {
			checkOdd(where, `kernels[${i}]`, size);
		});
		checkFlag(where, "dilated", dilated);
		checkNumber(where, "rdRatio", rdRatio, { above: 0 });
		checkNumber(where, "minRd", minRd, { integer: true, min: 1 });
		checkNumber(where, "groups", groups, { integer: true, min: 1 });
		this.kernels = [...kernels];
		this.dilated = dilated;
		this.rdRatio = rdRatio;
		this.minRd = minRd;
		this.groups = groups;
	}

	protected get branches(): number {
		return this.kernels.length;
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		const { groups, kernels, branches } = this;
		checkParts(this.where, channels, groups, "Give a divisor of them as `groups`.");
		const hidden = Math.max(Math.floor(channels * this.rdRatio), this.minRd);
		this.#made = {
			branches: kernels.map((size, i) => {
				const apart = this.dilated && size > 3;
				return makeBranch(parts.scope(`branch/${i}`), {
					channels,
					groups,
					size: apart ? 3 : size,
					dilation: apart ? (size - 1) / 2 : 1,
				});
			}),
			reduce: makeDense(parts.scope("reduce"), { inputSize: channels, outputSize: hidden, useBias: false }),
			norm: makeBatchNorm(parts.scope("reduce/norm"), hidden),
			expand: makeDense(parts.scope("expand"), {
				inputSize: hidden,
				outputSize: branches * channels,
				useBias: false,
			}),
		};
	}

	protected attend({ x, mask, training }: ImageAttentionCall): ImageAttended {
		const { branches, reduce, norm, expand } = this.made(this.#made);
		const maps = branches.map((branch) => whereCounted(branch(x, training), mask)); // [B, H, W, C] each
		const seen = averageOverPixels(tf.addN(maps) as tf.Tensor4D, mask); // [B, C]
		const scores = expand(tf.relu(norm(reduce(seen), training))); // [B, M C]
		const weights = branchSoftmax(tf.reshape(scores, [x.shape[0], branches.length, x.shape[3]]));
		return { output: sumBranches(maps, weights), weights };
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { kernels, dilated, rdRatio, minRd, groups } = this;
		return { ...super.getConfig(), kernels: [...kernels], dilated, rdRatio, minRd, groups };
	}
}
tf.serialization.registerClass(SelectiveKernel);

/** Makes a {@link SelectiveKernel} layer. */
export function selectiveKernel(args: SelectiveKernelArgs = {}): SelectiveKernel {
	return new SelectiveKernel(args);
}

type Branch = (x: tf.Tensor4D, training: boolean) => tf.Tensor4D;

interface Made {
	readonly branches: readonly Branch[];
	readonly reduce: Dense;
	readonly norm: BatchNorm;
	readonly expand: Dense;
}

function makeBranch(
	parts: LayerParts,
	options: { channels: number; groups: number; size: number; dilation: number },
): Branch {
	const { channels, groups, size, dilation } = options;
	const inputs = channels / groups;
	const shape: [number, number, number, number] = [size, size, inputs, channels];
	const initializer = { deviation: Math.sqrt(2 / (size * size * inputs)) };
	const kernel = parts.add<tf.Rank.R4>("kernel", shape, initializer);
	const norm = makeBatchNorm(parts.scope("norm"), channels);
	return (x, training) =>
		tf.relu(norm(convolution2d(x, kernel, { padding: "same", dilation, groups }), training));
}
