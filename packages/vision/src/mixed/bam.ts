import { checkChoice, checkNumber, convolution2d } from "@heed/core";
import { type AttentionLayerArgs, type Dense, makeDense } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttended, ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { type BatchNorm, makeBatchNorm } from "../ops/batch-norm.ts";
import { averageOverPixels } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import {
	type Reduction,
	type ReductionArgs,
	reducedChannels,
	reductionNames,
	resolveReduction,
} from "../ops/reduction.ts";
import { MixedAttention, ofChannels } from "./mixed-attention.ts";

/** Arguments of {@link bam}. */
export interface BamArgs extends AttentionLayerArgs, ReductionArgs {
	/** Pixels from tap to tap of the 3×3 convolutions. Default 4. */
	readonly dilation?: number | undefined;
	/** How many 3×3 convolutions. Default 2. */
	readonly numDilated?: number | undefined;
	/** How the scores of channels and pixels meet. Default `product`, and `sum` for the variant `paper`. */
	readonly combine?: "product" | "sum" | undefined;
	/** `official` (default): a norm before every ReLU. `paper`: one at the end of each branch instead. */
	readonly variant?: "official" | "paper" | undefined;
}

/**
 * BAM: what counts and where, side by side, on top of what is there already.
 *
 *     m = relu(norm(mean over pixels of x · W₁)) · W₂                                     [B, C]
 *     n = f(x), f = 1×1 to hidden, 3×3 dilated twice, each relu(norm(·)); 1×1 to one      [B, H, W]
 *     a = sigmoid(m · n)                      `sum`: sigmoid(m + n)
 *     y = x · (1 + a)
 *
 * All convolutions have biases and see zeros beyond the edges. The text of the paper has the sum and one norm at the end of each
 * branch; the trained networks have the product. Map: a. A capture gets m and n, the scores before the sigmoid, and then a. A norm
 * counts every pixel, those that a mask leaves out as zeros. Inputs, masks and records: {@link MixedAttention}.
 *
 * Weights: `channel/reduce` and `channel/expand` with `kernel` and `bias`; `spatial/reduce/kernel` [channels, hidden],
 * `spatial/dilated/0/kernel` [3, 3, hidden, hidden] and on, `spatial/expand/kernel` [hidden, 1], each with `bias`; norms beside
 * what they follow, or as `channel/norm` and `spatial/norm`.
 *
 * Park et al. 2018, "BAM: Bottleneck Attention Module", https://arxiv.org/abs/1807.06514
 *
 * When not to use it: in every block of a network; it is meant for the bottlenecks between the stages. {@link Cbam} goes in blocks.
 *
 * @throws HeedError at construction, build or call.
 */
export class Bam extends MixedAttention {
	static readonly className = "HeedBam";
	readonly dilation: number;
	readonly numDilated: number;
	readonly combine: "product" | "sum";
	readonly variant: "official" | "paper";
	readonly #reduction: Reduction;
	#channels: Branch<tf.Tensor2D> | undefined;
	#pixels: Branch<tf.Tensor4D> | undefined;

	constructor(args: BamArgs = {}) {
		super(args, ["dilation", "numDilated", "combine", "variant", ...reductionNames]);
		const { variant = "official", dilation = 4, numDilated = 2 } = args;
		const { combine = variant === "official" ? "product" : "sum" } = args;
		checkChoice(this.where, "variant", variant, ["official", "paper"]);
		checkChoice(this.where, "combine", combine, ["product", "sum"]);
		checkNumber(this.where, "dilation", dilation, { integer: true, min: 1 });
		checkNumber(this.where, "numDilated", numDilated, { integer: true, min: 0 });
		this.dilation = dilation;
		this.numDilated = numDilated;
		this.combine = combine;
		this.variant = variant;
		this.#reduction = resolveReduction(this.where, args);
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		const { dilation, numDilated } = this;
		const hidden = reducedChannels(channels, this.#reduction);
		const normInside = this.variant === "official";
		const toChannels = parts.scope("channel");
		const dense = makeDense(toChannels.scope("reduce"), { inputSize: channels, outputSize: hidden });
		this.#channels = makeBranch(toChannels, [["reduce", dense]], {
			hidden,
			outputSize: channels,
			normInside,
		});
		const toPixels = parts.scope("spatial");
		const reduce = makeDense(toPixels.scope("reduce"), { inputSize: channels, outputSize: hidden });
		const dilated = Array.from({ length: numDilated }, (_, i) => {
			const path = `dilated/${i}`;
			return [path, makeDilated(toPixels.scope(path), hidden, dilation)] as const;
		});
		const steps = [["reduce", reduce] as const, ...dilated];
		this.#pixels = makeBranch(toPixels, steps, { hidden, outputSize: 1, normInside });
	}

	protected weigh({ x, mask, training }: ImageAttentionCall): tf.Tensor4D {
		const channels = this.made(this.#channels)(averageOverPixels(x, mask), training); // [B, C]
		const pixels = this.made(this.#pixels)(x, training); // [B, H, W, 1]
		this.recordPart("channel", channels);
		this.recordPart("spatial", tf.squeeze(pixels, [3]));
		const meet = this.combine === "product" ? tf.mul : tf.add;
		return tf.sigmoid(meet(ofChannels(channels), pixels)) as tf.Tensor4D;
	}

	protected override attend(call: ImageAttentionCall): ImageAttended {
		const weights = this.weigh(call);
		return { output: tf.mul(call.x, tf.add(weights, 1)), weights };
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { dilation, numDilated, combine, variant } = this;
		return { ...super.getConfig(), dilation, numDilated, combine, variant, ...this.#reduction };
	}
}
tf.serialization.registerClass(Bam);

/** Makes a {@link Bam} layer. */
export function bam(args: BamArgs = {}): Bam {
	return new Bam(args);
}

type Branch<T extends tf.Tensor> = (x: T, training: boolean) => T;

/** Hidden layers, each followed by a ReLU, and a dense layer; with norms before the ReLUs or one at the end. */
function makeBranch<T extends tf.Tensor>(
	parts: LayerParts,
	steps: readonly (readonly [path: string, step: (x: T) => T])[],
	options: { readonly hidden: number; readonly outputSize: number; readonly normInside: boolean },
): Branch<T> {
	const { hidden, outputSize, normInside } = options;
	const norms = steps.map(([path]): BatchNorm | undefined =>
		normInside ? makeBatchNorm(parts.scope(`${path}/norm`), hidden) : undefined,
	);
	const expand: Dense = makeDense(parts.scope("expand"), { inputSize: hidden, outputSize });
	const last = normInside ? undefined : makeBatchNorm(parts.scope("norm"), outputSize);
	return (x, training) => {
		const features = steps.reduce((seen, [, step], i) => {
			const scores = step(seen);
			return tf.relu(norms[i]?.(scores, training) ?? scores);
		}, x);
		const scores = expand(features);
		return last?.(scores, training) ?? scores;
	};
}

/** A 3×3 convolution with a bias that keeps the size of the map. */
function makeDilated(parts: LayerParts, size: number, dilation: number): (x: tf.Tensor4D) => tf.Tensor4D {
	const initializer = { deviation: Math.sqrt(2 / (9 * size)) };
	const kernel = parts.add<tf.Rank.R4>("kernel", [3, 3, size, size], initializer);
	const bias = parts.add<tf.Rank.R1>("bias", [size], "zeros");
	return (x) => tf.add(convolution2d(x, kernel, { padding: "same", dilation }), bias);
}
