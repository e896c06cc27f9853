import {
	checkChoice,
	checkNumber,
	checkOptions,
	HeedError,
	learnedPositions,
	sinusoidalPositions,
} from "@heed/core";
import { type DropoutStream, embed, type ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Vectors of positions that are added to embeddings.
 *
 * - `sinusoidal`: waves; `layout`, `base` and `offset` as for `sinusoidalPositions` of `@heed/core`.
 * - `learned`: a trained vector for each of the first `maxLength` positions; longer sequences are refused.
 */
export type TokenPositions =
	| {
			readonly kind: "sinusoidal";
			readonly layout?: "interleaved" | "half" | "tensor2tensor" | undefined;
			readonly base?: number | undefined;
			readonly offset?: number | undefined;
	  }
	| { readonly kind: "learned"; readonly maxLength: number };

/** Whether positions are added to embeddings, and not something that the attention does. */
export function isTokenPositions(positions: { readonly kind: string }): positions is TokenPositions {
	return positions.kind === "sinusoidal" || positions.kind === "learned";
}

/** Refuses positions that cannot be made. */
export function checkTokenPositions(where: string, positions: TokenPositions, modelDim: number): void {
	const { kind, ...options } = positions;
	const from = `${where} positions '${kind}'`;
	if (positions.kind === "learned") {
		checkOptions(from, options, ["maxLength"]);
		checkNumber(where, "positions.maxLength", positions.maxLength, { integer: true, min: 1 });
		return;
	}
	const { layout = "interleaved", base = 10000, offset = 0 } = positions;
	checkOptions(from, options, ["layout", "base", "offset"]);
	checkChoice(where, "positions.layout", layout, ["interleaved", "half", "tensor2tensor"]);
	checkNumber(where, "positions.base", base, { above: 0 });
	checkNumber(where, "positions.offset", offset);
	if (modelDim % 2 === 0) return;
	const message = `\`modelDim\` is ${modelDim}; 'sinusoidal' positions need an even number: a sine and a cosine each.`;
	throw new HeedError("OPTION", where, message);
}

/** What a {@link TokenEmbedding} is made of. */
export interface TokenEmbeddingOptions {
	readonly vocabularySize: number;
	readonly modelDim: number;
	/** Default: none are added. */
	readonly positions?: TokenPositions | undefined;
	/** Multiply the rows of the table by `√modelDim`. */
	readonly scale: boolean;
	/** A table that belongs to somebody else. Default: one of its own, `embedding`. */
	readonly table?: tf.Variable<tf.Rank.R2> | undefined;
	/** Whether the table serves as the kernel of the logits as well. */
	readonly tied: boolean;
}

/**
 * Ids to vectors: `x_t = [√D] · table[id_t] + position(t)`.
 *
 * Weights: `embedding` [vocabulary, D] unless the table is shared, and `positions` [maxLength, D] if they are learned.
 */
export class TokenEmbedding {
	readonly table: tf.Variable<tf.Rank.R2>;
	readonly #options: TokenEmbeddingOptions;
	readonly #positions: tf.Variable<tf.Rank.R2> | undefined;

	constructor(parameters: ParameterScope, options: TokenEmbeddingOptions) {
		const { vocabularySize, modelDim, positions, scale, tied } = options;
		this.#options = options;
		this.table =
			options.table ??
			parameters.add("embedding", [vocabularySize, modelDim], tableInitializer(modelDim, scale || tied));
		this.#positions =
			positions?.kind === "learned"
				? parameters.add("positions", [positions.maxLength, modelDim], "smallNormal")
				: undefined;
	}

	/**
	 * @param ids int32 `[batch, length]`.
	 * @param offset How many tokens stand before them.
	 * @returns `[batch, length, modelDim]`.
	 */
	run(ids: tf.Tensor2D, offset: number, dropout?: DropoutStream): tf.Tensor3D {
		const { modelDim, scale } = this.#options;
		const rows = embed(this.table, ids) as tf.Tensor3D; // [B, T, D]
		const scaled = scale ? tf.mul(rows, Math.sqrt(modelDim)) : rows;
		const places = this.#places(ids.shape[1], offset); // [T, D]
		const x = (places === undefined ? scaled : tf.add(scaled, places)) as tf.Tensor3D;
		return dropout?.drop(x) ?? x;
	}

	/** Refuses more tokens than there are learned positions. */
	checkLength(where: string, name: string, length: number): void {
		const { positions } = this.#options;
		if (positions?.kind !== "learned" || length <= positions.maxLength) return;
		const message = `${name} has length ${length}, and there are ${positions.maxLength} learned positions. Use shorter sequences, or train with a larger \`positions.maxLength\`.`;
		throw new HeedError("SHAPE", where, message);
	}

	#places(length: number, offset: number): tf.Tensor2D | undefined {
		const { positions, modelDim } = this.#options;
		if (this.#positions !== undefined) {
			return learnedPositions(this.#positions, length, { offset }) as tf.Tensor2D;
		}
		if (positions?.kind !== "sinusoidal") return undefined;
		const { layout, base, offset: first = 0 } = positions;
		return sinusoidalPositions(length, modelDim, { layout, base, offset: first + offset });
	}
}

/**
 * A table whose rows are scaled up, or which makes logits too, starts with rows of length 1: vectors have the size of the
 * positions then, and logits spread by about 1.
 */
export function tableInitializer(
	modelDim: number,
	small: boolean,
): { readonly deviation: number } | "standardNormal" {
	return small ? { deviation: modelDim ** -0.5 } : "standardNormal";
}
