import type * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { type VisionAttended, VisionAttention, type VisionCall } from "../vision-attention.ts";

/**
 * The checked inputs of one call of a {@link FrameAttention}: `x` `[batch, frames, features]` or `[batch, frames, height, width,
 * channels]`, 0 in the frames that do not count; `query` `[batch, querySize]`; `mask` bool `[batch, frames]`, true = this frame
 * counts.
 */
export type FrameAttentionCall = VisionCall<tf.Tensor, tf.Tensor2D>;

/** What a {@link FrameAttention} makes of its inputs: an output, and the map. */
export type FramesAttended = VisionAttended;

/** The sizes that the weights of a {@link FrameAttention} are made for. */
export interface FrameSizes {
	/** Size of the last axis of `x`. */
	readonly features: number;
	/** Size of the query, for layers that take one. */
	readonly querySize: number;
	/** Whether frames are maps. */
	readonly isVideo: boolean;
}

/** The axes of frames that are vectors. */
export const vectorAxes: readonly string[] = ["batch", "frames", "features"];

/** The axes of frames that are maps. */
export const videoAxes: readonly string[] = ["batch", "frames", "height", "width", "channels"];

/**
 * The base of the layers that attend to the frames of a video. A subclass has the weights and the formula; this class checks,
 * masks and returns the map.
 *
 * Inputs: `x`, or `[x, query]` for layers with a query: x `[batch, frames, features]`, or `[batch, frames, height, width, channels]`
 * where a layer takes maps; query `[batch, querySize]`; and as a last input, if wanted, a mask of type bool `[batch, frames]`, true =
 * this frame counts: what is in the others, NaN included, does not matter, and a video of which no frame counts gives zeros. Where
 * frames come out, those that do not count are 0.
 */
export abstract class FrameAttention extends VisionAttention<tf.Tensor, tf.Tensor2D, FrameSizes> {
	/** Whether frames come out, for which the mask of the input goes on. */
	protected abstract readonly keepsFrames: boolean;
	protected readonly maskAxes: readonly string[] = ["batch", "frames"];

	/** The shapes of the output and of the map. */
	protected abstract outputShapes(x: Shape): [output: Shape, map: Shape];

	protected sizesOf(x: Shape, features: number, querySize: number): FrameSizes {
		return { features, querySize, isVideo: x.length === videoAxes.length };
	}

	/** Reports a map, if a capture runs. */
	protected recordMap(kind: string, axes: readonly string[], weights: tf.Tensor): void {
		this.record({ kind, axes, weights, meta: { mechanism: this.where } });
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const [x = []] = this.shapeList(inputShape);
		const [output, map] = this.outputShapes(x);
		return this.returnAttention ? [output, map] : output;
	}

	protected override passesMask(): boolean {
		return this.keepsFrames;
	}
}
