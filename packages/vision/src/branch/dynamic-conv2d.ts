import { checkChoice, checkFlag, checkNumber, convolution2d } from "@heed/core";
import { type AttentionLayerArgs, type Dense, makeDense } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import type { ImageAttended, ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { makeBottleneck } from "../ops/bottleneck.ts";
import { checkOdd } from "../ops/check-odd.ts";
import { averageOverPixels } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { BranchAttention } from "./branch-attention.ts";

/** Arguments of {@link dynamicConv2d}. */
export interface DynamicConv2dArgs extends AttentionLayerArgs {
	/** Channels of the output. Default: those of the input. */
	readonly filters?: number | undefined;
	/** How many kernels are mixed. Default 4, or 8 with `routing: 'sigmoid'`. */
	readonly experts?: number | undefined;
	/**
	 * `softmax` (default): dynamic convolution, the weights sum to 1 and come out of a bottleneck. `sigmoid`: CondConv, each
	 * kernel for itself, by one product.
	 */
	readonly routing?: "softmax" | "sigmoid" | undefined;
	/** Divides the scores of the softmax: high at first, so that all kernels learn, and then down to 1. Default 30. */
	readonly temperature?: number | undefined;
	/** Features of the bottleneck of the softmax per channel, rounded down, at least 1. Default 1/4. */
	readonly rdRatio?: number | undefined;
	/** Size of the kernels, odd. Default 3. */
	readonly kernelSize?: number | undefined;
	/** Default 1. With more the layer takes no mask. */
	readonly strides?: number | undefined;
	/** Give every kernel a bias. Default true. */
	readonly useBias?: boolean | undefined;
}

/**
 * A convolution whose kernel is mixed anew for every image.
 *
 *     z = mean over the pixels of x                                             [B, C]
 *     a = softmax((relu(z · W₁ + b₁) · W₂ + b₂) / temperature)                  [B, K];   CondConv: sigmoid(z · W + b)
 *     y = convolution of x by Σ_k a_k · kernel_k, plus Σ_k a_k · bias_k         [B, H, W, filters]
 *
 * Edges are padded with zeros to the same size. One convolution per image, whatever K is. Inputs and masks: {@link BranchAttention};
 * its map here is `[batch, branch]`, one weight per kernel. `temperature` may be set between epochs: the paper goes from 30 down
 * to 1 in the first ten.
 *
 * Weights: `kernel` [K, size, size, channels, filters], `bias` [K, filters], `router/reduce/kernel` W₁ [channels, hidden],
 * `router/reduce/bias`, `router/expand/kernel` W₂ [hidden, K], `router/expand/bias`; CondConv: `router/kernel` W [channels, K] and
 * `router/bias`: K · (size² C · filters + filters) and those of the router.
 *
 * Chen et al. 2019, "Dynamic Convolution: Attention over Convolution Kernels", https://arxiv.org/abs/1912.03458;
 * Yang et al. 2019, "CondConv: Conditionally Parameterized Convolutions for Efficient Inference",
 * https://arxiv.org/abs/1904.04971
 *
 * When not to use it: where the kernels are few and the memory short: it keeps K times the weights of a convolution.
 *
 * @throws HeedError at construction, build or call.
 */
export class DynamicConv2d extends BranchAttention {
	static readonly className = "HeedDynamicConv2d";
	protected override readonly axes: readonly string[] = ["batch", "branch"];
	protected override readonly takesMask: boolean;
	readonly filters: number | undefined;
	readonly experts: number;
	readonly routing: "softmax" | "sigmoid";
	readonly rdRatio: number;
	readonly kernelSize: number;
	readonly strides: number;
	readonly useBias: boolean;
	#temperature = 1;
	#made: Made | undefined;

	constructor(args: DynamicConv2dArgs = {}) {
		super(args, [
			...["filters", "experts", "routing", "temperature", "rdRatio", "kernelSize", "strides", "useBias"],
		]);
		const { where } = this;
		const { filters, routing = "softmax", temperature = 30, rdRatio = 1 / 4, kernelSize = 3 } = args;
		const { experts = routing === "sigmoid" ? 8 : 4, strides = 1, useBias = true } = args;
		if (filters !== undefined) checkNumber(where, "filters", filters, { integer: true, min: 1 });
		checkNumber(where, "experts", experts, { integer: true, min: 1 });
		checkChoice(where, "routing", routing, ["softmax", "sigmoid"]);
		checkNumber(where, "rdRatio", rdRatio, { above: 0 });
		checkOdd(where, "kernelSize", kernelSize);
		checkNumber(where, "strides", strides, { integer: true, min: 1 });
		checkFlag(where, "useBias", useBias);
		this.temperature = temperature;
		this.takesMask = strides === 1;
		this.filters = filters;
		this.experts = experts;
		this.routing = routing;
		this.rdRatio = rdRatio;
		this.kernelSize = kernelSize;
		this.strides = strides;
		this.useBias = useBias;
	}

	/** What the scores of the softmax are divided by. */
	get temperature(): number {
		return this.#temperature;
	}

	set temperature(value: number) {
		checkNumber(this.where, "temperature", value, { above: 0 });
		this.#temperature = value;
	}

	protected get branches(): number {
		return this.experts;
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		const { experts, kernelSize: size, filters = channels } = this;
		const shape: tf.Tensor5D["shape"] = [experts, size, size, channels, filters];
		const initializer = { deviation: Math.sqrt(2 / (size * size * channels)) };
		this.#made = {
			kernel: parts.add<tf.Rank.R5>("kernel", shape, initializer),
			bias: this.useBias ? parts.add<tf.Rank.R2>("bias", [experts, filters], "zeros") : undefined,
			router: this.#makeRouter(parts.scope("router"), channels),
		};
	}

	#makeRouter(parts: LayerParts, channels: number): Dense {
		const { experts } = this;
		if (this.routing === "sigmoid") return makeDense(parts, { inputSize: channels, outputSize: experts });
		const hidden = Math.max(Math.floor(channels * this.rdRatio), 1);
		return makeBottleneck(parts, { channels, hidden, outputSize: experts, useBias: true });
	}

	protected attend({ x, mask }: ImageAttentionCall): ImageAttended {
		const { kernel, bias, router } = this.made(this.#made);
		const scores: tf.Tensor2D = router(averageOverPixels(x, mask)); // [B, K]
		const weights: tf.Tensor2D =
			this.routing === "sigmoid" ? tf.sigmoid(scores) : tf.softmax(tf.div(scores, this.#temperature));
		const convolved = convolveEach(x, mix(weights, kernel) as tf.Tensor5D, this.strides);
		const [batch, , , filters] = convolved.shape;
		const shifted =
			bias === undefined
				? convolved
				: tf.add(convolved, tf.reshape(mix(weights, bias), [batch, 1, 1, filters]));
		return { output: shifted, weights };
	}

	protected override shapeOfOutput([
		batch = null,
		height = null,
		width = null,
		channels = null,
	]: Shape): Shape {
		const steps = (size: number | null): number | null =>
			size === null ? null : Math.ceil(size / this.strides);
		return [batch, steps(height), steps(width), this.filters ?? channels];
	}

	/** A mask is of every pixel. */
	protected override passesMask(): boolean {
		return this.takesMask;
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { filters, experts, routing, temperature, rdRatio, kernelSize, strides, useBias } = this;
		return {
			...super.getConfig(),
			...{ experts, routing, temperature, rdRatio, kernelSize, strides, useBias },
			...(filters !== undefined && { filters }),
		};
	}
}
tf.serialization.registerClass(DynamicConv2d);

/** Makes a {@link DynamicConv2d} layer. */
export function dynamicConv2d(args: DynamicConv2dArgs = {}): DynamicConv2d {
	return new DynamicConv2d(args);
}

interface Made {
	readonly kernel: tf.Tensor5D;
	readonly bias: tf.Tensor2D | undefined;
	readonly router: Dense;
}

/** `Σ_k weights[b, k] · parts[k]` for every image: `[batch, …]`. */
function mix(weights: tf.Tensor2D, parts: tf.Tensor): tf.Tensor {
	const [experts = 0, ...sizes] = parts.shape;
	const mixed = tf.matMul(weights, tf.reshape(parts, [experts, -1]) as tf.Tensor2D);
	return tf.reshape(mixed, [weights.shape[0], ...sizes]);
}

/** Each image through its own kernel, `[batch, size, size, in, out]`: one convolution whose groups are the images. */
function convolveEach(x: tf.Tensor4D, kernels: tf.Tensor5D, strides: number): tf.Tensor4D {
	const [batch, height, width, channels] = x.shape;
	const [, size, , , filters] = kernels.shape;
	const beside = tf.reshape<tf.Rank.R4>(tf.transpose(x, [1, 2, 0, 3]), [1, height, width, batch * channels]);
	const all = tf.reshape<tf.Rank.R4>(tf.transpose(kernels, [1, 2, 3, 0, 4]), [
		...([size, size, channels, batch * filters] as const),
	]);
	const convolved = convolution2d(beside, all, { padding: "same", strides, groups: batch });
	const [, outHeight, outWidth] = convolved.shape;
	return tf.transpose(tf.reshape(convolved, [outHeight, outWidth, batch, filters]), [2, 0, 1, 3]);
}
