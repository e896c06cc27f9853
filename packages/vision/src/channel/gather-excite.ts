import {
	averagePool,
	checkFlag,
	checkNumber,
	depthwiseConvolution2d,
	HeedError,
	resizeNearest,
} from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import {
	type ImageAttended,
	ImageAttention,
	type ImageAttentionCall,
	type ImageSizes,
} from "../image-attention.ts";
import { makeBatchNorm } from "../ops/batch-norm.ts";
import { type Bottleneck, makeBottleneck } from "../ops/bottleneck.ts";
import { averageOverPixels } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import {
	type Reduction,
	type ReductionArgs,
	reducedChannels,
	reductionNames,
	resolveReduction,
} from "../ops/reduction.ts";

/** Arguments of {@link gatherExcite}. */
export interface GatherExciteArgs extends AttentionLayerArgs, ReductionArgs {
	/** How far a pixel looks, a multiple of 2 (with `extraParams` a power of 2); 0, the default: over the whole image. */
	readonly extent?: number | undefined;
	/** Gather by trained convolutions of each channel instead of means. Default false. */
	readonly extraParams?: boolean | undefined;
	/** Let channels see each other, by a network with one hidden layer. Default true. */
	readonly useMlp?: boolean | undefined;
}

/**
 * Gather-excite: squeeze-and-excitation with a chosen reach. Means over neighbourhoods decide about their pixels.
 *
 *     z = means of windows of 2e − 1 pixels, every e-th pixel       [B, ⌈H / e⌉, ⌈W / e⌉, C];  e = 0: of all pixels
 *     a = sigmoid(nearest of z, or of relu(z · W₁ + b₁) · W₂ + b₂);   y = a · x
 *
 * With extent 0 and the network it is {@link SqueezeExcite}; the form with `extraParams` gathers by log₂ e convolutions of 3 × 3
 * with stride 2, each channel for itself and normalised (one convolution as large as the image for extent 0, which then fixes
 * the size of images). A mask is taken with extent 0 and without `extraParams`. The map is `[batch, channels]` for extent 0, else
 * `[batch, height, width, channels]`, of kind `element`.
 *
 * Inputs: {@link ImageAttention}. Weights: `reduce/…`, `expand/…` as in {@link SqueezeExcite}; `gather/0/kernel` [3, 3, channels] or
 * [height, width, channels], `gather/0/norm/gamma`, `gather/0/norm/beta` and so on.
 *
 * Hu et al. 2018, "Gather-Excite: Exploiting Feature Context in Convolutional Neural Networks", https://arxiv.org/abs/1810.12348
 *
 * When not to use it: where the whole image decides; {@link SqueezeExcite} is cheaper.
 *
 * @throws HeedError at construction, build or call.
 */
export class GatherExcite extends ImageAttention {
	static readonly className = "HeedGatherExcite";
	readonly kind: string;
	protected readonly axes: readonly string[];
	protected override readonly takesMask: boolean;
	readonly extent: number;
	readonly extraParams: boolean;
	readonly useMlp: boolean;
	readonly #reduction: Reduction;
	#gather: Gather | undefined;
	#excite: Bottleneck | undefined;

	constructor(args: GatherExciteArgs = {}) {
		super(args, ["extent", "extraParams", "useMlp", ...reductionNames]);
		const { extent = 0, extraParams = false, useMlp = true } = args;
		checkNumber(this.where, "extent", extent, { integer: true, min: 0 });
		checkFlag(this.where, "extraParams", extraParams);
		checkFlag(this.where, "useMlp", useMlp);
		const fits = extraParams ? extent === 0 || Math.log2(extent) % 1 === 0 : true;
		if (extent % 2 === 1 || !fits) {
			const wanted = extraParams ? "0 or a power of 2 from 2" : "0 or an even number";
			throw new HeedError("OPTION", this.where, `\`extent\` is ${extent}; expected ${wanted}.`);
		}
		this.kind = extent === 0 ? "channel" : "element";
		this.axes = extent === 0 ? ["batch", "channel"] : ["batch", "height", "width", "channel"];
		this.takesMask = extent === 0 && !extraParams;
		this.extent = extent;
		this.extraParams = extraParams;
		this.useMlp = useMlp;
		this.#reduction = resolveReduction(this.where, args);
	}

	protected addWeights(parts: LayerParts, sizes: ImageSizes): void {
		const { channels } = sizes;
		this.#gather = this.extraParams ? this.#convolutions(parts.scope("gather"), sizes) : this.#means();
		const hidden = reducedChannels(channels, this.#reduction);
		if (this.useMlp) this.#excite = makeBottleneck(parts, { channels, hidden, useBias: true });
	}

	#means(): Gather {
		const { extent } = this;
		if (extent === 0) return ({ x, mask }) => spread(averageOverPixels(x, mask));
		const size = 2 * extent - 1;
		return ({ x }) => averagePool(x, size, { strides: extent, padding: extent - 1 });
	}

	#convolutions(parts: LayerParts, { channels, height, width }: ImageSizes): Gather {
		if (this.extent === 0) {
			if (height === null || width === null) {
				const message = `x [batch, ${height ?? "?"}, ${width ?? "?"}, ${channels}] has an open size; expected known height and width, which \`extraParams\` with \`extent\` 0 needs.`;
				throw new HeedError("SHAPE", this.where, message);
			}
			const deviation = 1 / Math.sqrt(height * width);
			const kernel = parts.add<tf.Rank.R3>("0/kernel", [height, width, channels], { deviation });
			const norm = makeBatchNorm(parts.scope("0/norm"), channels);
			return ({ x, training }) => {
				this.#checkSize(x, [height, width]);
				return norm(spread(tf.sum(tf.mul(x, kernel), [1, 2]) as tf.Tensor2D), training);
			};
		}
		const stages = Array.from({ length: Math.log2(this.extent) }, (_, i) => ({
			kernel: parts.add<tf.Rank.R3>(`${i}/kernel`, [3, 3, channels], { deviation: 1 / 3 }),
			norm: makeBatchNorm(parts.scope(`${i}/norm`), channels),
		}));
		return ({ x, training }) =>
			stages.reduce((z, { kernel, norm }, i) => {
				const gathered = norm(halve(z, kernel), training);
				return i === stages.length - 1 ? gathered : tf.relu(gathered);
			}, x);
	}

	#checkSize(x: tf.Tensor4D, [height, width]: readonly [number, number]): void {
		if (x.shape[1] === height && x.shape[2] === width) return;
		const message = `x is ${x.shape[1]} × ${x.shape[2]}; expected ${height} × ${width}, the size that the layer was built for.`;
		throw new HeedError("SHAPE", this.where, message);
	}

	protected attend(call: ImageAttentionCall): ImageAttended {
		const { x } = call;
		const [batch, height, width, channels] = x.shape;
		const gathered = this.made(this.#gather)(call); // [B, h, w, C]
		const scores = this.#excite?.(gathered) ?? gathered;
		if (this.extent === 0) {
			const gate = tf.sigmoid(scores); // [B, 1, 1, C]
			return { output: tf.mul(x, gate), weights: tf.reshape(gate, [batch, channels]) };
		}
		const gate = tf.sigmoid(resizeNearest(scores, [height, width], { coordinates: "asymmetric" })); // [B, H, W, C]
		return { output: tf.mul(x, gate), weights: gate };
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { extent, extraParams, useMlp } = this;
		return { ...super.getConfig(), extent, extraParams, useMlp, ...this.#reduction };
	}
}
tf.serialization.registerClass(GatherExcite);

/** Every other pixel of each channel for itself, zeros beyond the edges; kernel `[size, size, channels]`, its size odd. */
function halve(x: tf.Tensor4D, kernel: tf.Tensor3D): tf.Tensor4D {
	const taps: tf.Tensor4D = tf.expandDims(kernel, 3);
	return depthwiseConvolution2d(x, taps, { strides: 2, padding: (kernel.shape[0] - 1) / 2 });
}

/** What is around each pixel, on a coarser map `[batch, h, w, channels]`. */
type Gather = (call: ImageAttentionCall) => tf.Tensor4D;

/** One row of channels as a map of one pixel. */
function spread(z: tf.Tensor2D): tf.Tensor4D {
	return tf.reshape(z, [z.shape[0], 1, 1, z.shape[1]]);
}

/** Makes a {@link GatherExcite} layer. */
export function gatherExcite(args: GatherExciteArgs = {}): GatherExcite {
	return new GatherExcite(args);
}
