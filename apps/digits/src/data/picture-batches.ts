import { randomOf } from "@heed/command-line";
import type { LabelledImages } from "@heed/command-line/digits";
import { type BatchSource, seededOrder } from "@heed/train";
import * as tf from "@tensorflow/tfjs-core";
import { type Distortion, distort } from "./distort.ts";
import type { DataForm } from "./read-data.ts";

/** Pictures as tensors. Dispose what is in it. */
export type PictureBatch = {
	/** `[batch, height, width, 1]`, 0 to 1. */
	readonly images: tf.Tensor4D;
	/** Int32 `[batch]`. */
	readonly labels: tf.Tensor1D;
};

/** Pictures with what they show. */
export interface Pictures {
	readonly count: number;
	readonly height: number;
	readonly width: number;
	/** [count, height, width], 0 to 1. */
	readonly pixels: Float32Array;
	/** [count]. */
	readonly labels: Uint8Array;
}

/** What is done to digits. */
export interface Making {
	readonly distortion: Distortion;
	readonly form: DataForm;
}

/** What the numbers are drawn by that judge a network: the same for every seed, so that all are judged by the same pictures. */
const judgingKey = 0x7e57;

/** Pictures of the digits at some places, each by the numbers of its own key. */
function makePictures(
	digits: LabelledImages,
	places: ArrayLike<number>,
	{ distortion, form: { height, width } }: Making,
	key: readonly number[],
): Pictures {
	const size = height * width;
	const pixels = new Float32Array(places.length * size);
	const labels = new Uint8Array(places.length);
	for (let i = 0; i < places.length; i++) {
		const place = places[i] ?? 0;
		const canvas = { height, width, pixels: pixels.subarray(i * size, (i + 1) * size) };
		distort(distortion, digits, place, canvas, randomOf(...key, place));
		labels[i] = digits.labels[place] ?? 0;
	}
	return { count: places.length, height, width, pixels, labels };
}

/** Pictures to judge by: always the same of the same digits. */
export function judgingPictures(digits: LabelledImages, making: Making): Pictures {
	return makePictures(digits, [...digits.labels.keys()], making, [judgingKey]);
}

/**
 * The batches of a training: in every epoch the digits come in another order and are distorted anew, by the seed and the epoch
 * alone.
 */
export function trainingBatches(
	digits: LabelledImages,
	making: Making,
	batchSize: number,
): BatchSource<PictureBatch> {
	let known: { readonly key: string; readonly order: Int32Array } | undefined;
	return {
		batches: Math.ceil(digits.count / batchSize),
		size: ({ index }) => Math.min(batchSize, digits.count - index * batchSize),
		batch: ({ seed, epoch, index }) => {
			const key = `${seed} ${epoch}`;
			if (known?.key !== key) known = { key, order: seededOrder(digits.count, seed, epoch) };
			const places = known.order.subarray(index * batchSize, (index + 1) * batchSize);
			return toBatch(makePictures(digits, places, making, [seed, epoch]));
		},
	};
}

/** The batches of a validation: always the same. */
export function judgingBatches(pictures: Pictures, batchSize: number): BatchSource<PictureBatch> {
	return {
		batches: Math.ceil(pictures.count / batchSize),
		size: ({ index }) => Math.min(batchSize, pictures.count - index * batchSize),
		batch: ({ index }) => toBatch(slicePictures(pictures, index * batchSize, batchSize)),
	};
}

/** So many pictures from one on. */
export function slicePictures(pictures: Pictures, from: number, wanted: number): Pictures {
	const { height, width, pixels, labels } = pictures;
	const count = Math.min(wanted, pictures.count - from);
	const size = height * width;
	return {
		...{ count, height, width },
		pixels: pixels.subarray(from * size, (from + count) * size),
		labels: labels.subarray(from, from + count),
	};
}

/** Pictures as tensors. */
export function toBatch({ count, height, width, pixels, labels }: Pictures): PictureBatch {
	return {
		images: tf.tensor4d(pixels, [count, height, width, 1]),
		labels: tf.tensor1d(Int32Array.from(labels), "int32"),
	};
}
