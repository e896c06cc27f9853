import { convolution2d } from "@heed/core";
import type { ParameterScope } from "@heed/layers";
import { type Encoded, GruCell } from "@heed/nlp";
import * as tf from "@tensorflow/tfjs-core";
import { pictureHeight } from "../pictures/picture.ts";

/** Rows and columns that a convolution steps over. */
const strides = [
	[2, 2],
	[2, 1],
	[2, 2],
] as const;

/** So many pixels beside each other become one column of the memory. */
export const pixelsPerColumn: number = strides.reduce((product, [, across]) => product * across, 1);
const rows = strides.reduce((height, [down]) => height / down, pictureHeight);

/** What an {@link ImageEncoder} is made of. */
export interface ImageEncoderOptions {
	/** Features of the first convolution; the second has twice, the third four times as many. */
	readonly channels: number;
	/** Size of the recurrent state in each direction. */
	readonly units: number;
}

interface Convolution {
	readonly kernel: tf.Variable<tf.Rank.R4>;
	readonly bias: tf.Variable<tf.Rank.R1>;
	readonly strides: readonly [number, number];
}

/**
 * Pictures of words to one vector per column: three convolutions of 3 × 3, which leave 3 rows and 16 columns; the rows of a column
 * laid side by side; a GRU that reads the columns in both directions.
 *
 * B: batch, H, W: rows and columns of the picture, S: columns of the memory, C: features of a column, U: units.
 */
export class ImageEncoder {
	/** Features of a vector of the memory. */
	readonly memorySize: number;
	readonly #convolutions: readonly Convolution[];
	readonly #forward: GruCell;
	readonly #backward: GruCell;

	constructor(parameters: ParameterScope, { channels, units }: ImageEncoderOptions) {
		this.memorySize = 2 * units;
		let seen = 1;
		this.#convolutions = strides.map((stride, i) => {
			const scope = parameters.scope(`convolution${i}`);
			const wide = channels * 2 ** i;
			const kernel = scope.add<tf.Rank.R4>("kernel", [3, 3, seen, wide], "heNormal");
			seen = wide;
			return { kernel, bias: scope.add<tf.Rank.R1>("bias", [wide], "zeros"), strides: stride };
		});
		const sizes = { inputSize: rows * seen, units };
		this.#forward = new GruCell(parameters.scope("forward"), sizes);
		this.#backward = new GruCell(parameters.scope("backward"), sizes);
	}

	/** @param images `[B, H, W, 1]`. */
	encode(images: tf.Tensor4D): Encoded {
		return tf.tidy(() => {
			const map = this.#convolutions.reduce<tf.Tensor4D>(
				(x, { kernel, bias, strides: [down, across] }) =>
					tf.relu(tf.add(convolution2d(x, kernel, { strides: [down, across], padding: 1 }), bias)),
				images,
			); // [B, 3, S, 4 · channels]
			const [batch, height, columns, features] = map.shape;
			const byColumn = tf.transpose(map, [2, 0, 1, 3]); // [S, B, 3, …]
			const x = tf.reshape(byColumn, [columns, batch, height * features]) as tf.Tensor3D; // [S, B, C]
			const results = [this.#forward, this.#backward].map((cell, direction) =>
				cell.sequence(x, cell.zeroState(batch), { reverse: direction === 1 }),
			);
			const outputs = tf.concat(
				results.map((result) => result.outputs),
				2,
			) as tf.Tensor3D; // [S, B, 2U]
			const memory = tf.transpose(outputs, [1, 0, 2]) as tf.Tensor3D; // [B, S, 2U]
			return { memory, state: [results.map(({ state }) => state)] };
		});
	}
}
