import { type BatchSource, exampleBatches } from "@heed/train";
import * as tf from "@tensorflow/tfjs-core";
import type { VideoExample } from "./video.ts";

/** Single frames of videos, and what they show. N frames. */
export type FrameBatch = {
	/** Each frame and the one before it, 0 to 1, `[N, height, width, 2]`. */
	readonly pairs: tf.Tensor4D;
	/** 1 where a class is seen, `[N, classes]`. */
	readonly seen: tf.Tensor2D;
};

/** Frames per step. */
const framesPerBatch = 64;

/** A frame of a video by its number. */
type Place = readonly [example: VideoExample, frame: number];

/**
 * Frames in which something is seen, `batches` batches of them per epoch: all of them in random order, and again in another one
 * where that is not enough.
 */
export function frameBatches(
	examples: readonly VideoExample[],
	classes: number,
	batches: number,
): BatchSource<FrameBatch> {
	const places = examples.flatMap((example) =>
		(example.seen ?? []).flatMap((seen, t): Place[] => (seen.length > 0 ? [[example, t]] : [])),
	);
	const all = exampleBatches({
		examples: places.length,
		batchSize: framesPerBatch,
		makeBatch: (chosen) =>
			frameBatch(
				Array.from(chosen, (i) => places[i] as Place),
				classes,
			),
	});
	const wrapped = (place: { epoch: number; index: number; seed: number }) => ({
		...place,
		index: place.index % all.batches,
		epoch: place.epoch + Math.floor(place.index / all.batches) * 2 ** 16,
	});
	return { batches, size: (place) => all.size(wrapped(place)), batch: (place) => all.batch(wrapped(place)) };
}

function frameBatch(places: readonly Place[], classes: number): FrameBatch {
	const { height = 0, width = 0 } = places[0]?.[0].video ?? {};
	const size = height * width;
	const pixels = new Float32Array(places.length * size * 2);
	places.forEach(([{ video }, t], i) => {
		for (let at = 0; at < size; at++) {
			pixels[(i * size + at) * 2] = (video.frames[t * size + at] ?? 0) / 255;
			if (t > 0) pixels[(i * size + at) * 2 + 1] = (video.frames[(t - 1) * size + at] ?? 0) / 255;
		}
	});
	const rows = places.map(([{ seen }, t]) =>
		Array.from({ length: classes }, (_, of) => Number(seen?.[t]?.includes(of) ?? false)),
	);
	return { pairs: tf.tensor4d(pixels, [places.length, height, width, 2]), seen: tf.tensor2d(rows) };
}
