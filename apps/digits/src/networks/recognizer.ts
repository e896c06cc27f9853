import type { LossContext, LossParts } from "@heed/train";
import type * as tf from "@tensorflow/tfjs-core";
import type { PictureBatch } from "../data/picture-batches.ts";

/** Where a network looked in one picture, in pixels of the picture: x to the right, y down. */
export type Place =
	| {
			readonly kind: "warp";
			/** The numbers of the transform. */
			readonly theta: readonly number[];
			/** The outline of what was read, point by point. */
			readonly outline: readonly (readonly [x: number, y: number])[];
			/** What the network behind saw. */
			readonly seen: { readonly height: number; readonly width: number; readonly pixels: Float32Array };
	  }
	| {
			readonly kind: "glimpses";
			/** The middles of the glimpses, −1 to 1. */
			readonly locations: readonly (readonly [x: number, y: number])[];
			/** The windows of each glimpse, from the sharpest to the coarsest. */
			readonly windows: readonly (readonly Window[])[];
	  };

/** A square of a picture: its upper left corner, its side, and how wide a square of it is seen as one. */
export interface Window {
	readonly left: number;
	readonly top: number;
	readonly side: number;
	readonly ratio: number;
}

/** What a network says of one picture. */
export interface Answer {
	readonly digit: number;
	/** How probable it takes that to be, 0 to 1. */
	readonly probability: number;
	/** Absent where the network saw the whole picture as it is. */
	readonly place?: Place;
}

/** Looks whose places are drawn. */
export interface Draws {
	readonly rollouts: number;
	readonly seed: number;
}

/** A network that reads digits. */
export interface Recognizer {
	readonly weights: ReadonlyMap<string, tf.Variable>;
	/** The mean loss of a batch, and while validating the share of right answers, `accuracy`. */
	loss(batch: PictureBatch, context: Pick<LossContext, "training" | "seed">): LossParts;
	/** The probability of each digit, `[batch, 10]`; with `draws`, which only glimpses have, averaged over looks that are drawn. */
	probabilities(images: tf.Tensor4D, draws?: Draws): tf.Tensor2D;
	/** Where it looked, for each picture. */
	places(images: tf.Tensor4D): Promise<(Place | undefined)[]>;
	dispose(): void;
}

/** How many kinds of digits there are. */
export const classes = 10;
