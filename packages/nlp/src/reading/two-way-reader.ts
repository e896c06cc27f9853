import type { ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { RecurrentCell } from "../recurrent/recurrent-cell.ts";
import { makeCell } from "../recurrent/recurrent-encoder.ts";

/** What a {@link TwoWayReader} is made of. */
export interface TwoWayReaderOptions {
	readonly cell: "gru" | "lstm" | "qrnn";
	readonly inputSize: number;
	/** Size of the state of one direction. */
	readonly units: number;
}

/** What {@link TwoWayReader.read} makes of a text. */
export interface ReadText {
	/** `[forward; backward]` at each word, zero past the end, `[batch, time, 2·units]`. */
	readonly states: tf.Tensor3D;
	/** The last state forward and the last state backward, `[batch, 2·units]`. */
	readonly summary: tf.Tensor2D;
}

/** Reads vectors that somebody else looked up, so that two texts may share a table: forward, backward, both together. */
export class TwoWayReader {
	readonly #cells: readonly RecurrentCell[];

	constructor(parameters: ParameterScope, { cell, inputSize, units }: TwoWayReaderOptions) {
		this.#cells = ["forward", "backward"].map((direction) =>
			makeCell(parameters.scope(direction), cell, { inputSize, units }),
		);
	}

	/**
	 * @param x `[time, batch, inputSize]`.
	 * @param live 1 for a word, 0 for padding, `[time, batch]`.
	 */
	read(x: tf.Tensor3D, live: tf.Tensor2D): ReadText {
		return tf.tidy(() => {
			const [, batch] = x.shape;
			const results = this.#cells.map((cell, direction) =>
				cell.sequence(x, cell.zeroState(batch), { live, reverse: direction === 1 }),
			);
			const outputs = tf.concat(
				results.map((result) => result.outputs),
				2,
			); // [T, B, 2U]
			const ends = results.map(({ state }) => state[0] as tf.Tensor2D);
			return { states: tf.transpose(outputs, [1, 0, 2]), summary: tf.concat(ends, 1) };
		});
	}
}
