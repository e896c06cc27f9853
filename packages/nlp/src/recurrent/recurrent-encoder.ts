import { checkNumber, checkOptions } from "@heed/core";
import { checkIds, embed, type ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { checkTokens } from "./check-tokens.ts";
import type { RecurrentCell, RecurrentState } from "./recurrent-cell.ts";
import {
	type BetweenLayers,
	checkStackOptions,
	RecurrentStack,
	type RecurrentStackOptions,
	stackOptionNames,
} from "./recurrent-stack.ts";

export { type BetweenLayers, makeCell } from "./recurrent-stack.ts";

/** What {@link RecurrentEncoder} accepts. */
export interface RecurrentEncoderOptions extends RecurrentStackOptions {
	/** Number of ids. */
	readonly vocabularySize: number;
	/** Size of the embedding of a token. */
	readonly embeddingSize: number;
}

/** What an encoder makes of a batch. */
export interface Encoded {
	/** One vector per token, zero past the length, `[batch, source, units · directions]`. */
	readonly memory: tf.Tensor3D;
	/** The last state of each layer and direction: `state[layer][direction]`. */
	readonly state: RecurrentState[][];
}

/**
 * Tokens to one vector per token:
 *
 *     x = embedding[ids];   per layer and direction: x = [forward(x); backward(x)]
 *     with self-attention, after each layer:         x = x + MultiHead(x, x, x)
 *
 * Each direction ends (or starts) at the last valid token of its row, whatever padding follows. Weights: `embedding`, then those
 * of a `RecurrentStack`.
 *
 * Schuster and Paliwal 1997, "Bidirectional Recurrent Neural Networks", https://doi.org/10.1109/78.650093;
 * self-attention after each recurrent layer: Tan, Wang, Xie, Chen, Shi 2017, "Deep Semantic Role Labeling with
 * Self-Attention", https://arxiv.org/abs/1712.01586, which normalises what it adds.
 *
 * When not to use it: where the text is still being written; give `bidirectional: false` then, so that no position sees later
 * ones.
 */
export class RecurrentEncoder {
	/** Size of a vector of the memory: `units`, twice that in both directions. */
	readonly memorySize: number;
	readonly embedding: tf.Variable<tf.Rank.R2>;
	readonly #stack: RecurrentStack;

	/** @throws HeedError `OPTION`. */
	constructor(parameters: ParameterScope, options: RecurrentEncoderOptions) {
		const where = "RecurrentEncoder";
		checkOptions(where, options, ["vocabularySize", "embeddingSize", ...stackOptionNames]);
		const { vocabularySize, embeddingSize, ...stack } = options;
		checkNumber(where, "vocabularySize", vocabularySize, { integer: true, min: 1 });
		checkNumber(where, "embeddingSize", embeddingSize, { integer: true, min: 1 });
		checkStackOptions(where, stack);
		const table: [number, number] = [vocabularySize, embeddingSize];
		this.embedding = parameters.add<tf.Rank.R2>("embedding", table, "standardNormal");
		this.#stack = new RecurrentStack(parameters, embeddingSize, stack);
		this.memorySize = this.#stack.outputSize;
	}

	/** The cells: `cells[layer][direction]`. */
	get cells(): readonly (readonly RecurrentCell[])[] {
		return this.#stack.cells;
	}

	/**
	 * @param ids int32 `[batch, source]`.
	 * @param lengths Valid tokens per row, int32 `[batch]`. Default: all.
	 * @param between Applied to the embeddings, to what each self-attention found, and to the output of every layer.
	 * @throws HeedError `SHAPE`, `DTYPE`, `VALUE`.
	 */
	encode(ids: tf.Tensor2D, lengths?: tf.Tensor1D, between: BetweenLayers = (x) => x): Encoded {
		const where = "RecurrentEncoder.encode";
		checkTokens(where, ids, lengths);
		checkIds(where, "ids", ids, this.embedding.shape[0], "the vocabulary");
		return tf.tidy(() => {
			const live = lengths === undefined ? undefined : liveSteps(lengths, ids.shape[1]); // [T, B]
			const x = between(embed(this.embedding, tf.transpose(ids)) as tf.Tensor3D); // [T, B, E]
			const { outputs, state } = this.#stack.run(x, live, between);
			return { memory: tf.transpose(outputs, [1, 0, 2]), state };
		});
	}
}

/** 1 where a step is within the length of its row, float32 `[time, batch]`. */
export function liveSteps(lengths: tf.Tensor1D, time: number): tf.Tensor2D {
	const position = tf.reshape(tf.range(0, time, 1, "int32"), [time, 1]);
	return tf.cast(tf.less(position, tf.reshape(lengths, [1, -1])), "float32") as tf.Tensor2D;
}
