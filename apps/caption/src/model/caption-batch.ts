import * as tf from "@tensorflow/tfjs-core";
import type { Picture } from "../pictures/picture.ts";
import { seenPlaces } from "../scenes/seen-places.ts";
import { isScene } from "../score.ts";

/** Pictures with one caption each. */
export type CaptionBatch = {
	/** `[batch, size, size, 3]`, in 0 … 1. */
	readonly pictures: tf.Tensor4D;
	/** The captions from BOS on without their ends, int32 `[time, batch]`. */
	readonly inputs: tf.Tensor2D;
	/** The captions without their BOS, up to EOS, int32 `[time, batch]`. */
	readonly labels: tf.Tensor2D;
	/** 1 where a label counts, `[time, batch]`. */
	readonly live: tf.Tensor2D;
	/** Of scenes: what stands in each ninth, `[batch, 9, classes]`, see `seenPlaces`. */
	readonly seen?: tf.Tensor3D;
};

/** A picture, and ids from BOS to EOS. */
export interface CaptionedPicture {
	readonly picture: Picture;
	readonly ids: readonly number[];
}

/** Pads captions to one length. */
export function toCaptionBatch(examples: readonly CaptionedPicture[]): CaptionBatch {
	const time = Math.max(1, ...examples.map(({ ids }) => ids.length - 1));
	const table = (offset: number): number[][] =>
		Array.from({ length: time }, (_, t) =>
			examples.map(({ ids }) => (t + 1 < ids.length ? (ids[t + offset] ?? 0) : 0)),
		);
	const shape: [number, number] = [time, examples.length];
	const live = table(1).map((row, t) => row.map((_, i) => (t + 1 < (examples[i]?.ids.length ?? 0) ? 1 : 0)));
	return {
		pictures: toPictures(examples.map(({ picture }) => picture)),
		inputs: tf.tensor2d(table(0), shape, "int32"),
		labels: tf.tensor2d(table(1), shape, "int32"),
		live: tf.tensor2d(live, shape),
		...toSeen(examples.map(({ picture }) => picture)),
	};
}

function toSeen(pictures: readonly Picture[]): { seen?: tf.Tensor3D } {
	const scenes = pictures.filter(isScene);
	if (scenes.length < pictures.length || scenes.length === 0) return {};
	const rows = scenes.map(({ scene }) => seenPlaces(scene));
	const [length = 0] = rows.map((row) => row.length);
	const values = new Float32Array(rows.length * length);
	rows.forEach((row, i) => {
		values.set(row, i * length);
	});
	return { seen: tf.tensor3d(values, [rows.length, 9, length / 9]) };
}

/** Pictures of one size as numbers in 0 … 1, `[batch, size, size, 3]`. */
export function toPictures(pictures: readonly Pick<Picture, "pixels">[]): tf.Tensor4D {
	const numbers = pictures[0]?.pixels.length ?? 0;
	const size = Math.sqrt(numbers / 3);
	const values = new Float32Array(pictures.length * numbers);
	pictures.forEach(({ pixels }, i) => {
		for (let k = 0; k < numbers; k++) values[i * numbers + k] = (pixels[k] as number) / 255;
	});
	return tf.tensor4d(values, [pictures.length, size, size, 3]);
}
