import { checkChoice } from "@heed/core";
import { type AttentionLayerArgs, type Dense, layerNorm, makeDense, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import {
	type ImageAttended,
	ImageAttention,
	type ImageAttentionCall,
	type ImageSizes,
} from "../image-attention.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { pixelSoftmax } from "../ops/pixel-softmax.ts";
import {
	type Reduction,
	type ReductionArgs,
	reducedChannels,
	reductionNames,
	resolveReduction,
} from "../ops/reduction.ts";
import { sumPixels } from "../spatial/spatial-gate.ts";
import { scaleChannels } from "./channel-gate.ts";

/** Arguments of {@link globalContext}. */
export interface GlobalContextArgs extends AttentionLayerArgs, ReductionArgs {
	/** What the context does: it is added, it weighs the channels, or first one and then the other. Default `add`. */
	readonly fuse?: "add" | "scale" | "both" | undefined;
}

/**
 * Global context: one question for the whole image gathers a context, which then goes to every pixel.
 *
 *     a = softmax over pixels of (x · w + b)                        [B, H, W]
 *     context = Σ over pixels of a · x                              [B, C]
 *     t = relu(layerNorm(context · W₁ + b₁)) · W₂ + b₂
 *     y = x + t                 `scale`:  y = x · sigmoid(t)        `both`:  y = x · sigmoid(t) + t′
 *
 * It starts as the identity with `add`, since W₂ and b₂ are 0; with `scale` as x / 2, for the same reason. Inputs and masks:
 * {@link ImageAttention}; the map is spatial, `[batch, height, width]`, sums to 1, and is 0 for an image of which no pixel
 * counts. Weights: `context/kernel` w [channels, 1], `context/bias` b; below `add/` or `scale/`: `reduce/kernel` W₁, `reduce/bias`,
 * `norm/gamma`, `norm/beta`, `expand/kernel` W₂, `expand/bias`.
 *
 * Cao et al. 2019, "GCNet: Non-local Networks Meet Squeeze-Excitation Networks and Beyond",
 * https://arxiv.org/abs/1904.11492
 *
 * When not to use it: where each pixel has a question of its own; that is non-local attention, at a quadratic cost.
 *
 * @throws HeedError at construction, build or call.
 */
export class GlobalContext extends ImageAttention {
	static readonly className = "HeedGlobalContext";
	readonly kind = "spatial";
	protected readonly axes: readonly string[] = ["batch", "height", "width"];
	readonly fuse: "add" | "scale" | "both";
	readonly #reduction: Reduction;
	#score: Dense | undefined;
	#add: Transform | undefined;
	#scale: Transform | undefined;

	constructor(args: GlobalContextArgs = {}) {
		super(args, ["fuse", ...reductionNames]);
		const { fuse = "add" } = args;
		checkChoice(this.where, "fuse", fuse, ["add", "scale", "both"]);
		this.fuse = fuse;
		this.#reduction = resolveReduction(this.where, args);
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		const hidden = reducedChannels(channels, this.#reduction);
		this.#score = makeDense(parts.scope("context"), { inputSize: channels, outputSize: 1 });
		if (this.fuse !== "scale") this.#add = makeTransform(parts.scope("add"), channels, hidden);
		if (this.fuse !== "add") this.#scale = makeTransform(parts.scope("scale"), channels, hidden);
	}

	protected attend({ x, mask }: ImageAttentionCall): ImageAttended {
		const [batch, height, width] = x.shape;
		const scores: tf.Tensor3D = tf.reshape(this.made(this.#score)(x), [batch, height, width]);
		const weights = pixelSoftmax(scores, mask);
		const context = sumPixels(x, weights); // [B, C]
		const scale = this.#scale?.(context);
		const scaled = scale === undefined ? x : scaleChannels(x, tf.sigmoid(scale));
		const shift = this.#add?.(context);
		const output = shift === undefined ? scaled : this.#shift(scaled, shift, mask);
		return { output, weights };
	}

	/** Adds the context to every pixel that counts. */
	#shift(x: tf.Tensor4D, shift: tf.Tensor2D, mask: tf.Tensor3D | undefined): tf.Tensor {
		const [batch, , , channels] = x.shape;
		const everywhere = tf.reshape(shift, [batch, 1, 1, channels]);
		if (mask === undefined) return tf.add(x, everywhere);
		return tf.add(x, tf.mul(everywhere, tf.cast(tf.expandDims(mask, 3), "float32")));
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), fuse: this.fuse, ...this.#reduction };
	}
}
tf.serialization.registerClass(GlobalContext);

type Transform = (context: tf.Tensor2D) => tf.Tensor2D;

function makeTransform(parts: LayerParts, channels: number, hidden: number): Transform {
	const reduce = makeDense(parts.scope("reduce"), { inputSize: channels, outputSize: hidden });
	const gamma = parts.add<tf.Rank.R1>("norm/gamma", [hidden], "ones");
	const beta = parts.add<tf.Rank.R1>("norm/beta", [hidden], "zeros");
	const kernel = parts.add<tf.Rank.R2>("expand/kernel", [hidden, channels], "zeros");
	const bias = parts.add<tf.Rank.R1>("expand/bias", [channels], "zeros");
	return (context) => project(tf.relu(layerNorm(reduce(context), gamma, beta)), kernel, bias); // [B, C]
}

/** Makes a {@link GlobalContext} layer. */
export function globalContext(args: GlobalContextArgs = {}): GlobalContext {
	return new GlobalContext(args);
}
