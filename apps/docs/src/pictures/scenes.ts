import * as tf from "@tensorflow/tfjs-core";

/** The shapes of the scenes, of 3 × 3 pixels, row by row. */
const drawings = {
	plus: "010111010",
	ring: "111101111",
	cross: "101010101",
} as const;

export const shapes = Object.keys(drawings) as (keyof typeof drawings)[];
export const colours = ["red", "green", "blue"] as const;

/** A stream of numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** A picture of three shapes, one of each colour. */
export interface Scene {
	/** `[side, side, 3]`, 0 to 1, row by row. */
	readonly pixels: Float32Array;
	/** The number of the shape of each colour. */
	readonly shapes: readonly number[];
	/** The middle of each, row and column. */
	readonly places: readonly (readonly [row: number, column: number])[];
}

/** A grey picture of one shape, twice as large, anywhere. */
export interface Still {
	/** `[extent, extent]`, 0 or 1. */
	readonly pixels: Float32Array;
	readonly shape: number;
	readonly top: number;
	readonly left: number;
}

/** Pixels on a side of a {@link Still}, and of its shape. */
export const [extent, shapeSide]: readonly [number, number] = [12, 6];

/** The pixels of a shape twice as large, row by row. */
export function drawShape(shape: number): number[] {
	const drawing = drawings[shapes[shape] ?? "plus"];
	return Array.from({ length: shapeSide ** 2 }, (_, i) => {
		const [row, column] = [Math.floor(i / shapeSide / 2), Math.floor((i % shapeSide) / 2)];
		return Number(drawing[3 * row + column]);
	});
}

/** Draws one shape at a random place. */
export function drawStill(random: () => number): Still {
	const pixels = new Float32Array(extent * extent);
	const shape = Math.floor(random() * shapes.length);
	const place = (): number => Math.floor(random() * (extent - shapeSide + 1));
	const [top, left] = [place(), place()];
	for (const [i, ink] of drawShape(shape).entries()) {
		pixels[(top + Math.floor(i / shapeSide)) * extent + left + (i % shapeSide)] = ink;
	}
	return { pixels, shape, top, left };
}

/** Pixels on a side of a scene: three cells of four. */
export const side = 12;

/** Draws a scene: shapes and cells at random. */
export function drawScene(random: () => number): Scene {
	const pixels = new Float32Array(side * side * 3).fill(0.1);
	const cells = Array.from({ length: 9 }, (_, i) => i);
	const found: number[] = [];
	const places: [number, number][] = [];
	for (const [channel] of colours.entries()) {
		const [cell = 0] = cells.splice(Math.floor(random() * cells.length), 1);
		const shape = Math.floor(random() * shapes.length);
		const [top, left] = [4 * Math.floor(cell / 3), 4 * (cell % 3)];
		for (const [i, ink] of [...drawings[shapes[shape] ?? "plus"]].entries()) {
			if (ink === "0") continue;
			pixels[((top + Math.floor(i / 3)) * side + left + (i % 3)) * 3 + channel] = 1;
		}
		found.push(shape);
		places.push([top + 1, left + 1]);
	}
	return { pixels, shapes: found, places };
}

/** Scenes as a tensor, `[scenes, side, side, 3]`. */
export function asImages(scenes: readonly Scene[]): tf.Tensor4D {
	const all = new Float32Array(scenes.length * side * side * 3);
	for (const [i, { pixels }] of scenes.entries()) all.set(pixels, i * pixels.length);
	return tf.tensor4d(all, [scenes.length, side, side, 3]);
}

/** Numbers as rows with a single 1. */
export function oneHot(numbers: readonly number[], classes: number): tf.Tensor2D {
	return tf.oneHot(tf.tensor1d([...numbers], "int32"), classes) as tf.Tensor2D;
}
