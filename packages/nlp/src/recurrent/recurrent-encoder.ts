import {
	checkChoice,
	checkDtype,
	checkFlag,
	checkNumber,
	checkOptions,
	checkRank,
	checkShape,
	describeShape,
	HeedError,
} from "@heed/core";
import { checkIds, embed, type ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { GruCell } from "./gru-cell.ts";
import { LstmCell } from "./lstm-cell.ts";
import type { RecurrentCell, RecurrentState } from "./recurrent-cell.ts";

/** What {@link RecurrentEncoder} accepts. */
export interface RecurrentEncoderOptions {
	/** Number of ids. */
	readonly vocabularySize: number;
	/** Size of the embedding of a token. */
	readonly embeddingSize: number;
	/** Size of the state of one direction. */
	readonly units: number;
	/** Default `gru`. */
	readonly cell?: "gru" | "lstm" | undefined;
	/** Default 1. */
	readonly layers?: number | undefined;
	/** Read backward as well. Default true. */
	readonly bidirectional?: boolean | undefined;
}

/** What an encoder makes of a batch. */
export interface Encoded {
	/** One vector per token, zero past the length, `[batch, source, units · directions]`. */
	readonly memory: tf.Tensor3D;
	/** The last state of each layer and direction: `state[layer][direction]`. */
	readonly state: RecurrentState[][];
}

/** A function that a model applies between layers, dropout for instance. */
export type BetweenLayers = <T extends tf.Tensor>(x: T) => T;

/**
 * Tokens to one vector per token:
 *
 *     x = embedding[ids];   per layer and direction: x = [forward(x); backward(x)]
 *
 * Each direction ends (or starts) at the last valid token of its row, whatever padding follows.
 */
export class RecurrentEncoder {
	readonly memorySize: number;
	readonly cells: readonly (readonly RecurrentCell[])[];
	readonly embedding: tf.Variable<tf.Rank.R2>;

	/** @throws HeedError `OPTION`. */
	constructor(parameters: ParameterScope, options: RecurrentEncoderOptions) {
		const where = "RecurrentEncoder";
		checkOptions(where, options, [
			"vocabularySize",
			"embeddingSize",
			"units",
			"cell",
			"layers",
			"bidirectional",
		]);
		const { vocabularySize, embeddingSize, units, cell = "gru", layers = 1, bidirectional = true } = options;
		checkNumber(where, "vocabularySize", vocabularySize, { integer: true, min: 1 });
		checkNumber(where, "embeddingSize", embeddingSize, { integer: true, min: 1 });
		checkNumber(where, "units", units, { integer: true, min: 1 });
		checkNumber(where, "layers", layers, { integer: true, min: 1 });
		checkChoice(where, "cell", cell, ["gru", "lstm"]);
		checkFlag(where, "bidirectional", bidirectional);
		const directions = bidirectional ? ["forward", "backward"] : ["forward"];
		this.memorySize = units * directions.length;
		const table: [number, number] = [vocabularySize, embeddingSize];
		this.embedding = parameters.add<tf.Rank.R2>("embedding", table, "standardNormal");
		this.cells = Array.from({ length: layers }, (_, layer) =>
			directions.map((direction) =>
				makeCell(
					parameters.scope(`${layer}/${direction}`),
					cell,
					layer === 0 ? embeddingSize : this.memorySize,
					units,
				),
			),
		);
	}

	/**
	 * @param ids int32 `[batch, source]`.
	 * @param lengths Valid tokens per row, int32 `[batch]`. Default: all.
	 * @param between Applied to the embeddings and to the output of every layer.
	 */
	encode(ids: tf.Tensor2D, lengths?: tf.Tensor1D, between: BetweenLayers = (x) => x): Encoded {
		const where = "RecurrentEncoder.encode";
		checkRank(where, "ids", ids, ["batch", "source"]);
		checkDtype(where, "ids", ids, "int32");
		if (lengths !== undefined) checkShape(where, "lengths", lengths, ["batch"], [ids.shape[0]], "ids");
		if (ids.size === 0) {
			const message = `${describeShape("ids", ids.shape, ["batch", "source"])} is empty; expected at least one row and one token.`;
			throw new HeedError("SHAPE", where, message);
		}
		checkIds(where, "ids", ids, this.embedding.shape[0], "the vocabulary");
		return tf.tidy(() => {
			const [batch, time] = ids.shape;
			const live = lengths === undefined ? undefined : liveSteps(lengths, time); // [T, B]
			const states: RecurrentState[][] = [];
			let x = between(embed(this.embedding, tf.transpose(ids)) as tf.Tensor3D); // [T, B, E]
			for (const directions of this.cells) {
				const results = directions.map((cell, direction) =>
					cell.sequence(x, cell.zeroState(batch), { ...(live && { live }), reverse: direction === 1 }),
				);
				states.push(results.map(({ state }) => state));
				const outputs = results.map((result) => result.outputs);
				x = between(outputs.length === 1 ? (outputs[0] as tf.Tensor3D) : tf.concat(outputs, 2)); // [T, B, M]
			}
			return { memory: tf.transpose(x, [1, 0, 2]), state: states };
		});
	}
}

/** A cell by its name. */
export function makeCell(
	parameters: ParameterScope,
	kind: "gru" | "lstm",
	inputSize: number,
	units: number,
): RecurrentCell {
	return kind === "gru"
		? new GruCell(parameters, { inputSize, units })
		: new LstmCell(parameters, { inputSize, units });
}

/** 1 where a step is within the length of its row, float32 `[time, batch]`. */
export function liveSteps(lengths: tf.Tensor1D, time: number): tf.Tensor2D {
	const position = tf.reshape(tf.range(0, time, 1, "int32"), [time, 1]);
	return tf.cast(tf.less(position, tf.reshape(lengths, [1, -1])), "float32") as tf.Tensor2D;
}
