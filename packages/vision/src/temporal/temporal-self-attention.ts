import {
	checkChoice,
	checkFlag,
	checkNumber,
	HeedError,
	mergeHeads,
	scaledDotProductAttention,
	splitHeads,
} from "@heed/core";
import { type AttentionLayerArgs, makeDense, type ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { whereCounted } from "../vision-attention.ts";
import {
	FrameAttention,
	type FrameAttentionCall,
	type FrameSizes,
	type FramesAttended,
	vectorAxes,
	videoAxes,
} from "./frame-attention.ts";

/** Which positions of a video a {@link TemporalSelfAttention} relates. */
export type TemporalMode = "time" | "divided" | "joint";

/** Arguments of {@link temporalSelfAttention}. */
export interface TemporalSelfAttentionArgs extends AttentionLayerArgs {
	/** Number of heads, a divisor of the features. Default 8. */
	readonly numHeads?: number | undefined;
	/**
	 * `time`: each pixel with itself in the other frames, and all that there is for frames that are vectors; `divided` (default
	 * for maps): that, and then each pixel with the others of its frame; `joint`: every pixel of every frame with every other.
	 */
	readonly mode?: TemporalMode | undefined;
	/** Let a frame see itself and earlier ones only. Default false. */
	readonly causal?: boolean | undefined;
	/** Add what comes in to what comes out, after each of two steps. Default true. */
	readonly residual?: boolean | undefined;
}

/** Attention of `[rows, length, features]` to itself; with weights if wanted. */
type Heads = (
	x: tf.Tensor3D,
	options: {
		readonly mask: tf.Tensor4D | undefined;
		readonly causal: boolean;
		readonly wantsWeights: boolean;
	},
) => { readonly output: tf.Tensor3D; readonly weights: tf.Tensor4D | undefined };

/**
 * The frames of a video attend to each other.
 *
 *     time      y[t, p] = x[t, p] + MHA over frames s of x[s, p]
 *     divided   z = that;   y[t, p] = z[t, p] + MHA over pixels r of z[t, r], with weights of its own
 *     joint     y[t, p] = x[t, p] + MHA over frames s and pixels r of x[s, r]
 *
 * Input: `x` or `[x, mask]`, see {@link FrameAttention}, x `[batch, frames, features]`, or `[batch, frames, height, width,
 * channels]`; the output has its shape, and is 0 in frames that do not count. Frames have no order here unless positions are
 * added before, and nothing is normalised.
 *
 * The map, a second output with `returnAttention`, is that of the last step, and records have the kind `pairwise`: over time `['batch', 'heads', 'query', 'key']` for vectors and
 * `['batch', 'pixel', 'heads', 'query', 'key']` for maps; within frames `['batch', 'frame', 'heads', 'query', 'key']`; joint
 * `['batch', 'heads', 'query', 'key']`, frame by frame. Weights: `time/…`, `space/…` or `joint/…`, each `query/kernel`,
 * `key/kernel`, `value/kernel`, `output/kernel` [features, features] with a `bias`: 4 C² + 4 C for each step.
 *
 * Bertasius, Wang, Torresani 2021, "Is Space-Time Attention All You Need for Video Understanding?",
 * https://arxiv.org/abs/2102.05095; Arnab et al. 2021, "ViViT", https://arxiv.org/abs/2103.15691
 *
 * When not to use it: `joint` on large maps, whose cost grows with the square of frames times pixels.
 *
 * @throws HeedError at construction, build or call.
 */
export class TemporalSelfAttention extends FrameAttention {
	static readonly className = "HeedTemporalSelfAttention";
	protected readonly inputAxes: readonly (readonly string[])[] = [vectorAxes, videoAxes];
	protected readonly keepsFrames = true;
	readonly numHeads: number;
	readonly mode: TemporalMode | undefined;
	readonly causal: boolean;
	readonly residual: boolean;
	#time: Heads | undefined;
	#space: Heads | undefined;
	#joint: Heads | undefined;
	#isVideo = false;

	constructor(args: TemporalSelfAttentionArgs = {}) {
		super(args, ["numHeads", "mode", "causal", "residual"]);
		const { numHeads = 8, mode, causal = false, residual = true } = args;
		checkNumber(this.where, "numHeads", numHeads, { integer: true, min: 1 });
		if (mode !== undefined) checkChoice(this.where, "mode", mode, ["time", "divided", "joint"]);
		checkFlag(this.where, "causal", causal);
		checkFlag(this.where, "residual", residual);
		if (causal && mode === "joint") {
			const message = "`causal` is true with `mode` 'joint', which has no order of time. Use 'divided'.";
			throw new HeedError("OPTION", this.where, message);
		}
		this.numHeads = numHeads;
		this.mode = mode;
		this.causal = causal;
		this.residual = residual;
	}

	protected addWeights(parts: ParameterScope, { features, isVideo }: FrameSizes): void {
		this.#isVideo = isVideo;
		const { numHeads } = this;
		if (features % numHeads !== 0) {
			const message = `\`numHeads\` is ${numHeads}, and x has ${features} features; expected a divisor.`;
			throw new HeedError("OPTION", this.where, message);
		}
		if (!isVideo && this.mode !== undefined && this.mode !== "time") {
			const message = `\`mode\` is '${this.mode}' for frames that are vectors, which have no pixels. Leave it out.`;
			throw new HeedError("OPTION", this.where, message);
		}
		const mode = this.mode ?? (isVideo ? "divided" : "time");
		const heads = (name: string): Heads => makeHeads(parts.scope(name), features, numHeads);
		if (mode === "joint") this.#joint = heads("joint");
		else this.#time = heads("time");
		if (mode === "divided") this.#space = heads("space");
	}

	protected attend({ x, mask }: FrameAttentionCall): FramesAttended {
		const { shape } = x;
		const [batch, frames, features] = [shape[0] ?? 0, shape[1] ?? 0, shape.at(-1) ?? 0];
		const pixels = x.size / (batch * frames * features);
		const sizes = { batch, frames, pixels, features };
		let video: tf.Tensor4D = tf.reshape(x, [batch, frames, pixels, features]);
		let weights: tf.Tensor | undefined;
		if (this.#joint !== undefined) [video, weights] = this.#overAll(this.#joint, video, mask, sizes);
		if (this.#time !== undefined) [video, weights] = this.#overTime(this.#time, video, mask, sizes);
		if (this.#space !== undefined) {
			[video, weights] = this.#overSpace(this.#space, whereCounted(video, mask), mask, sizes);
		}
		return { output: tf.reshape(video, shape), weights: weights as tf.Tensor };
	}

	#overTime(heads: Heads, x: tf.Tensor4D, mask: tf.Tensor2D | undefined, sizes: VideoSizes): Step {
		const { batch, frames, pixels, features } = sizes;
		const turned = tf.transpose(x, [0, 2, 1, 3]); // [B, L, T, C]
		const rows: tf.Tensor3D = tf.reshape(turned, [batch * pixels, frames, features]);
		const live = mask && tf.tile(tf.reshape(mask, [batch, 1, frames]), [1, pixels, 1]);
		const keys = live && (tf.reshape(live, [batch * pixels, 1, 1, frames]) as tf.Tensor4D);
		const { output, weights } = this.#run(heads, rows, keys, this.causal);
		const apart: tf.Tensor4D = tf.reshape(output, [batch, pixels, frames, features]);
		const back = tf.transpose(apart, [0, 2, 1, 3]);
		if (!this.#isVideo) return this.#step(x, back, weights, "batch");
		const map = weights && tf.reshape(weights, [batch, pixels, this.numHeads, frames, frames]);
		return this.#step(x, back, map, "batch", "pixel");
	}

	#overSpace(heads: Heads, x: tf.Tensor4D, mask: tf.Tensor2D | undefined, sizes: VideoSizes): Step {
		const { batch, frames, pixels, features } = sizes;
		const rows: tf.Tensor3D = tf.reshape(x, [batch * frames, pixels, features]);
		const live = mask && tf.tile(tf.reshape(mask, [batch * frames, 1, 1, 1]), [1, 1, 1, pixels]);
		const { output, weights } = this.#run(heads, rows, live as tf.Tensor4D | undefined, false);
		const map = weights && tf.reshape(weights, [batch, frames, this.numHeads, pixels, pixels]);
		return this.#step(x, tf.reshape(output, x.shape), map, "batch", "frame");
	}

	#overAll(heads: Heads, x: tf.Tensor4D, mask: tf.Tensor2D | undefined, sizes: VideoSizes): Step {
		const { batch, frames, pixels, features } = sizes;
		const rows: tf.Tensor3D = tf.reshape(x, [batch, frames * pixels, features]);
		const live = mask && tf.tile(tf.reshape(mask, [batch, frames, 1]), [1, 1, pixels]);
		const keys = live && (tf.reshape(live, [batch, 1, 1, frames * pixels]) as tf.Tensor4D);
		const { output, weights } = this.#run(heads, rows, keys, false);
		return this.#step(x, tf.reshape(output, x.shape), weights, "batch");
	}

	#run(heads: Heads, x: tf.Tensor3D, mask: tf.Tensor4D | undefined, causal: boolean): ReturnType<Heads> {
		return heads(x, { mask, causal, wantsWeights: this.wantsWeights });
	}

	#step(x: tf.Tensor4D, y: tf.Tensor, weights: tf.Tensor | undefined, ...rows: string[]): Step {
		if (weights !== undefined) this.recordMap("pairwise", [...rows, "heads", "query", "key"], weights);
		return [(this.residual ? tf.add(x, y) : y) as tf.Tensor4D, weights];
	}

	protected outputShapes(x: Shape): [Shape, Shape] {
		const { numHeads } = this;
		const [batch = null, frames = null, height = null, width = null] = x;
		if (x.length === 3) return [x, [batch, numHeads, frames, frames]];
		const pixels = height === null || width === null ? null : height * width;
		if (this.mode === "time") return [x, [batch, pixels, numHeads, frames, frames]];
		if (this.mode !== "joint") return [x, [batch, frames, numHeads, pixels, pixels]];
		const all = pixels === null || frames === null ? null : pixels * frames;
		return [x, [batch, numHeads, all, all]];
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { numHeads, mode, causal, residual } = this;
		return { ...super.getConfig(), numHeads, ...(mode && { mode }), causal, residual };
	}
}
tf.serialization.registerClass(TemporalSelfAttention);

/** Makes a {@link TemporalSelfAttention} layer. */
export function temporalSelfAttention(args: TemporalSelfAttentionArgs = {}): TemporalSelfAttention {
	return new TemporalSelfAttention(args);
}

interface VideoSizes {
	readonly batch: number;
	readonly frames: number;
	readonly pixels: number;
	readonly features: number;
}

type Step = [video: tf.Tensor4D, weights: tf.Tensor | undefined];

function makeHeads(parameters: ParameterScope, features: number, numHeads: number): Heads {
	const [query, key, value, out] = ["query", "key", "value", "output"].map((name) =>
		makeDense(parameters.scope(name), { inputSize: features, outputSize: features }),
	) as [Dense3, Dense3, Dense3, Dense3];
	return (x, { mask, causal, wantsWeights }) => {
		const [q, k, v] = [query, key, value].map((side) => splitHeads(side(x), numHeads)) as [
			tf.Tensor4D,
			tf.Tensor4D,
			tf.Tensor4D,
		];
		if (!wantsWeights) {
			const output = scaledDotProductAttention(q, k, v, { mask, causal });
			return { output: out(mergeHeads(output)), weights: undefined };
		}
		const { output, weights } = scaledDotProductAttention(q, k, v, { mask, causal, returnWeights: true });
		return { output: out(mergeHeads(output)), weights };
	};
}

type Dense3 = (x: tf.Tensor3D) => tf.Tensor3D;
