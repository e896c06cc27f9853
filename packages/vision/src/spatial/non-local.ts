import { checkChoice, checkFlag, maskedSoftmax, maxPool } from "@heed/core";
import { type AttentionLayerArgs, type Dense, makeDense, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import type { ImageAttended, ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { flattenPixels, pixelCount } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import {
	type Reduction,
	type ReductionArgs,
	reducedChannels,
	reductionNames,
	resolveReduction,
} from "../ops/reduction.ts";
import { whereCounted } from "../vision-attention.ts";
import { PairwiseAttention, pixelsOf } from "./pairwise-attention.ts";

const modes = ["embeddedGaussian", "gaussian", "dot", "concatenation"] as const;

/** Arguments of {@link nonLocal}. `rdRatio` is 1/2 by default. */
export interface NonLocalArgs extends AttentionLayerArgs, ReductionArgs {
	/** How two pixels are compared, see {@link NonLocal}. Default `embeddedGaussian`. */
	readonly mode?: (typeof modes)[number] | undefined;
	/** Divide the scores of `embeddedGaussian` by √hidden. Default true. */
	readonly scale?: boolean | undefined;
	/** Look at the maxima of 2×2 pixels instead of at every pixel: a quarter of the work. Default false. */
	readonly subSample?: boolean | undefined;
	/** Start as the identity. Default true. */
	readonly zeroInit?: boolean | undefined;
}

/**
 * Non-local attention: every pixel gathers from all pixels, and adds what it found.
 *
 *     θ, φ, g = x · W + b, of C / 2 features;   y = x + (A g) · Wₒ + bₒ                    A [B, 1, L, L]
 *
 * | `mode` | A[i, j] |
 * | --- | --- |
 * | `embeddedGaussian` | softmax over j of θᵢ · φⱼ / √hidden |
 * | `gaussian` | softmax over j of xᵢ · xⱼ |
 * | `dot` | θᵢ · φⱼ / N |
 * | `concatenation` | relu(w · [θᵢ, φⱼ]) / N |
 *
 * N is how many pixels can be looked at. Wₒ and bₒ start at 0, so that the layer starts as the identity. With `subSample` keys and
 * values are maxima of 2×2 pixels, over those that count; an odd last row or column stands alone. Inputs, masks and records:
 * {@link PairwiseAttention}, with one head. Weights: `theta/kernel` [channels, hidden], `phi/kernel`, `value/kernel`,
 * `output/kernel` [hidden, channels], with a `bias` beside each, and `score/kernel` w [2 · hidden, 1] for `concatenation`;
 * `gaussian` has neither θ nor φ: 2C² + 2.5C by default.
 *
 * Wang et al. 2018, "Non-local Neural Networks", https://arxiv.org/abs/1711.07971; scale, ratio and start as in mmcv.
 *
 * When not to use it: on large maps, since the weights grow with the square of the pixels; {@link CrissCross} and
 * {@link WindowAttention} look at fewer, and {@link GlobalContext} does as well where all pixels ask the same.
 *
 * @throws HeedError at construction, build or call.
 */
export class NonLocal extends PairwiseAttention {
	static readonly className = "HeedNonLocal";
	readonly mode: (typeof modes)[number];
	readonly scale: boolean;
	readonly subSample: boolean;
	readonly zeroInit: boolean;
	readonly #reduction: Reduction;
	#made: Projections | undefined;

	constructor(args: NonLocalArgs = {}) {
		super(args, ["mode", "scale", "subSample", "zeroInit", ...reductionNames]);
		const { mode = "embeddedGaussian", scale = true, subSample = false, zeroInit = true } = args;
		checkChoice(this.where, "mode", mode, modes);
		for (const [name, flag] of Object.entries({ scale, subSample, zeroInit })) {
			checkFlag(this.where, name, flag);
		}
		this.mode = mode;
		this.scale = scale;
		this.subSample = subSample;
		this.zeroInit = zeroInit;
		this.#reduction = resolveReduction(this.where, args, { rdRatio: 1 / 2 });
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		const hidden = reducedChannels(channels, this.#reduction);
		const embedding = (path: string): Dense =>
			makeDense(parts.scope(path), { inputSize: channels, outputSize: hidden });
		const itself: Dense = (x) => x;
		const initializer = this.zeroInit ? "zeros" : "glorotUniform";
		const compares = this.mode === "concatenation";
		this.#made = {
			hidden,
			theta: this.mode === "gaussian" ? itself : embedding("theta"),
			phi: this.mode === "gaussian" ? itself : embedding("phi"),
			value: embedding("value"),
			output: makeDense(parts.scope("output"), { inputSize: hidden, outputSize: channels, initializer }),
			score: compares ? parts.add<tf.Rank.R2>("score/kernel", [2 * hidden, 1]) : undefined,
		};
	}

	protected attend({ x, mask }: ImageAttentionCall): ImageAttended {
		const { theta, phi, value, output } = this.made(this.#made);
		const seen = mask && this.#pooledMask(mask);
		const query = flattenPixels(theta(x)); // [B, L, D]
		const key = this.#pool(phi(x), mask, seen); // [B, M, D]
		const weights = this.#relate(query, key, seen); // [B, L, M]
		const found = tf.matMul(weights, this.#pool(value(x), mask, seen)); // [B, L, D]
		const added: tf.Tensor4D = tf.reshape(output(found), x.shape);
		return { output: tf.add(x, added), weights: tf.expandDims(weights, 1) };
	}

	#relate(query: tf.Tensor3D, key: tf.Tensor3D, seen: tf.Tensor3D | undefined): tf.Tensor3D {
		const { mode } = this;
		const { hidden } = this.made(this.#made);
		const scores: tf.Tensor3D =
			mode === "concatenation" ? this.#concatenated(query, key) : tf.matMul(query, key, false, true);
		const live = seen && tf.reshape(seen, [seen.shape[0], 1, -1]); // [B, 1, M]
		if (mode === "gaussian") return maskedSoftmax(scores, live);
		if (mode === "embeddedGaussian") {
			const scaled: tf.Tensor3D = this.scale ? tf.div(scores, Math.sqrt(hidden)) : scores;
			return maskedSoftmax(scaled, live);
		}
		if (seen === undefined || live === undefined) return tf.div(scores, key.shape[1]);
		return tf.div(tf.mul(scores, tf.cast(live, "float32")), tf.expandDims(pixelCount(seen), 2));
	}

	#concatenated(query: tf.Tensor3D, key: tf.Tensor3D): tf.Tensor3D {
		const { hidden, score } = this.made(this.#made);
		const [ofQuery, ofKey] = [0, hidden].map((from) =>
			tf.slice(score as tf.Tensor2D, [from, 0], [hidden, 1]),
		) as [tf.Tensor2D, tf.Tensor2D];
		const asked = project(query, ofQuery); // [B, L, 1]
		const offered = project(key, ofKey); // [B, M, 1]
		return tf.relu(tf.add(asked, tf.transpose(offered, [0, 2, 1])));
	}

	#pool(x: tf.Tensor4D, mask: tf.Tensor3D | undefined, seen: tf.Tensor3D | undefined): tf.Tensor3D {
		if (!this.subSample) return flattenPixels(x);
		if (mask === undefined || seen === undefined) return flattenPixels(maxPool(x, 2, pairs));
		const low = tf.where(tf.expandDims(mask, 3), x, tf.fill(x.shape, -1e30)) as tf.Tensor4D;
		return flattenPixels(whereCounted(maxPool(low, 2, pairs), seen));
	}

	/** Which of the pixels to look at stand for one that counts, `[batch, height, width]`. */
	#pooledMask(mask: tf.Tensor3D): tf.Tensor3D {
		if (!this.subSample) return mask;
		const pooled = maxPool(tf.expandDims(tf.cast(mask, "float32"), 3), 2, pairs);
		return tf.greater(tf.squeeze(pooled, [3]), 0) as tf.Tensor3D;
	}

	protected mapShape(x: Shape): Shape {
		const [batch = null, height = null, width = null, channels = null] = x;
		const half = (size: number | null): number | null => size && Math.ceil(size / 2);
		const keys = this.subSample ? pixelsOf([batch, half(height), half(width), channels]) : pixelsOf(x);
		return [batch, 1, pixelsOf(x), keys];
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { mode, scale, subSample, zeroInit } = this;
		return { ...super.getConfig(), mode, scale, subSample, zeroInit, ...this.#reduction };
	}
}
tf.serialization.registerClass(NonLocal);

const pairs = { strides: 2, padding: "same" } as const;

interface Projections {
	readonly hidden: number;
	readonly theta: Dense;
	readonly phi: Dense;
	readonly value: Dense;
	readonly output: Dense;
	readonly score: tf.Tensor2D | undefined;
}

/** Makes a {@link NonLocal} layer. */
export function nonLocal(args: NonLocalArgs = {}): NonLocal {
	return new NonLocal(args);
}
