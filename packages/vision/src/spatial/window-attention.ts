import { checkFlag, checkNumber, HeedError } from "@heed/core";
import { type AttentionLayerArgs, embed } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import type { ImageAttended, ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { PairwiseAttention } from "./pairwise-attention.ts";
import {
	makePixelHeads,
	type PixelHeads,
	type PixelHeadsArgs,
	type ResolvedPixelHeads,
	resolvePixelHeads,
} from "./pixel-heads.ts";
import {
	fromWindows,
	relativeIndex,
	toWindows,
	type WindowLayout,
	windowCount,
	windowLayout,
	windowMask,
} from "./window-partition.ts";

/** Arguments of {@link windowAttention}. */
export interface WindowAttentionArgs extends AttentionLayerArgs, PixelHeadsArgs {
	/** Pixels on a side of a window. Default 7. */
	readonly windowSize?: number | undefined;
	/** By how many pixels the windows are moved; every second layer of a network has half a window. Default 0. */
	readonly shift?: number | undefined;
	/** Train a bias for every difference of positions and every head. Default true. */
	readonly relativePosition?: boolean | undefined;
}

/**
 * Window attention, of the Swin Transformer: the map is cut into windows, and pixels look at those of their own window.
 *
 *     S = Q Kᵀ / √keyDim + bias[row difference, column difference]     in every window, cut into heads
 *     y = concat over heads of softmax(S) V, times Wₒ, plus bₒ
 *
 * With a `shift` the windows begin so many pixels farther down and to the right. The windows that would stick out at one end are
 * filled from the other, but nobody looks across that edge. Any size will do: a map is filled up to whole windows by pixels that
 * nobody looks at, and along a side that one window covers there is no shift. Inputs and masks: {@link PairwiseAttention}; the weights
 * have the axes `['batch', 'window', 'heads', 'query', 'key']`, windows and the pixels in them row by row. There is no norm and no way
 * around: add x yourself.
 *
 * Weights: those of {@link KnnAttention2d}, and `position_bias` [(2 · windowSize − 1)², heads]; in all 4C² + 4C + 169 · heads.
 *
 * Liu et al. 2021, "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows", https://arxiv.org/abs/2103.14030
 *
 * When not to use it: where what belongs together is far apart and there are few layers: a pixel sees its window only.
 *
 * @throws HeedError at construction, build or call.
 */
export class WindowAttention extends PairwiseAttention {
	static readonly className = "HeedWindowAttention";
	protected override readonly axes: readonly string[] = ["batch", "window", "heads", "query", "key"];
	readonly windowSize: number;
	readonly shift: number;
	readonly relativePosition: boolean;
	readonly #heads: ResolvedPixelHeads;
	#attend: PixelHeads | undefined;
	#table: tf.Tensor2D | undefined;

	constructor(args: WindowAttentionArgs = {}) {
		super(args, ["numHeads", "keyDim", "windowSize", "shift", "relativePosition"]);
		const { windowSize = 7, shift = 0, relativePosition = true } = args;
		checkNumber(this.where, "windowSize", windowSize, { integer: true, min: 1 });
		checkNumber(this.where, "shift", shift, { integer: true, min: 0 });
		if (shift >= windowSize) {
			const message = `\`shift\` is ${shift}; expected less than \`windowSize\` ${windowSize}. Use ${Math.floor(windowSize / 2)}.`;
			throw new HeedError("OPTION", this.where, message);
		}
		checkFlag(this.where, "relativePosition", relativePosition);
		this.#heads = resolvePixelHeads(this.where, args);
		this.windowSize = windowSize;
		this.shift = shift;
		this.relativePosition = relativePosition;
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		this.#attend = makePixelHeads(this.where, parts, channels, this.#heads);
		if (!this.relativePosition) return;
		const differences = (2 * this.windowSize - 1) ** 2;
		this.#table = parts.add<tf.Rank.R2>("position_bias", [differences, this.#heads.numHeads], "smallNormal");
	}

	protected attend({ x, mask }: ImageAttentionCall): ImageAttended {
		const [batch, height, width] = x.shape;
		const layout = windowLayout(height, width, this.windowSize, this.shift);
		const tokens = toWindows(x, layout); // [B · N, S², C]
		const attended = this.made(this.#attend)(tokens, {
			mask: this.#mask(batch, mask, layout),
			bias: this.#bias(),
		});
		const output = fromWindows(attended.output, layout);
		const [, heads, area] = attended.weights.shape;
		return {
			output,
			weights: tf.reshape(attended.weights, [batch, windowCount(layout), heads, area, area]),
		};
	}

	/** Who may look at whom, `[batch · windows, 1, size², size²]`. */
	#mask(batch: number, mask: tf.Tensor3D | undefined, layout: WindowLayout): tf.Tensor4D {
		const allowed = windowMask(layout); // [N, S², S²]
		const [windows, area] = allowed.shape;
		const open = tf.tile(tf.cast(allowed, "float32"), [batch, 1, 1]); // [B · N, S², S²]
		const counts = mask && toWindows(tf.expandDims(tf.cast(mask, "float32"), 3), layout); // [B · N, S², 1]
		const seen = counts === undefined ? open : tf.mul(open, tf.transpose(counts, [0, 2, 1]));
		return tf.reshape(tf.greater(seen, 0), [batch * windows, 1, area, area]);
	}

	/** What the positions add to the scores, `[1, heads, size², size²]`. */
	#bias(): tf.Tensor4D | undefined {
		if (!this.relativePosition) return undefined;
		const rows = embed(this.made(this.#table), relativeIndex(this.windowSize)) as tf.Tensor3D; // [S², S², heads]
		return tf.expandDims(tf.transpose(rows, [2, 0, 1]), 0);
	}

	protected mapShape([batch = null, height = null, width = null]: Shape): Shape {
		const { windowSize: size, shift } = this;
		const known = height !== null && width !== null;
		const windows = known ? windowCount(windowLayout(height, width, size, shift)) : null;
		return [batch, windows, this.#heads.numHeads, size ** 2, size ** 2];
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { windowSize, shift, relativePosition } = this;
		return { ...super.getConfig(), windowSize, shift, relativePosition, ...this.#heads };
	}
}
tf.serialization.registerClass(WindowAttention);

/** Makes a {@link WindowAttention} layer. */
export function windowAttention(args: WindowAttentionArgs = {}): WindowAttention {
	return new WindowAttention(args);
}
