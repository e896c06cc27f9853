import { checkNumber } from "@heed/core";
import { type DropoutStream, makeNorm, type Norm, type ParameterScope, TransformerBlock } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { checkTokens } from "../recurrent/check-tokens.ts";
import { isTokenPositions, TokenEmbedding } from "./token-embedding.ts";
import { blockOptions, resolveTransformerPart, type TransformerPartConfig } from "./transformer-config.ts";

/** What a {@link TransformerEncoder} is made of. */
export interface TransformerEncoderOptions extends TransformerPartConfig {
	/** Number of ids. */
	readonly vocabularySize: number;
	readonly layers: number;
}

/** How one call runs. */
export interface TransformerEncoderCall {
	/** Valid tokens per row, int32 `[batch]`. Default: all. */
	readonly lengths?: tf.Tensor1D | undefined;
	/** Default: nothing is dropped. */
	readonly dropout?: DropoutStream | undefined;
}

/**
 * Tokens to one vector per token: embeddings, positions, and a stack of {@link TransformerBlock}s in which every token
 * attends to all of its row. Vectors past the length of a row mean nothing.
 *
 *     ids [batch, length]  →  x = [√D] · embedding(ids) + positions  →  block after block  →  [batch, length, D]
 *
 * Weights: `embedding`, `0/…`, `1/…`, and `norm/…` of the final norm. Its attentions are recorded as
 * `encoder/0/self_attention`.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762
 *
 * When not to use it: for texts far longer than a few thousand tokens, since every token looks at every other.
 */
export class TransformerEncoder {
	readonly #embedding: TokenEmbedding;
	readonly #blocks: readonly TransformerBlock[];
	readonly #norm: Norm;

	/**
	 * @param table An embedding that belongs to somebody else, `[vocabulary, modelDim]`.
	 * @throws HeedError `OPTION`, before any weight is made.
	 */
	constructor(
		parameters: ParameterScope,
		options: TransformerEncoderOptions,
		table?: tf.Variable<tf.Rank.R2>,
	) {
		const where = "TransformerEncoder";
		const part = resolveTransformerPart(where, options, ["vocabularySize", "layers"]);
		const { modelDim, positions, scaleEmbedding } = part;
		for (const name of ["vocabularySize", "layers"] as const) {
			checkNumber(where, name, options[name], { integer: true, min: 1 });
		}
		this.#embedding = new TokenEmbedding(parameters, {
			...{ vocabularySize: options.vocabularySize, modelDim, table, tied: false, scale: scaleEmbedding },
			positions: isTokenPositions(positions) ? positions : undefined,
		});
		this.#blocks = Array.from(
			{ length: options.layers },
			(_, i) => new TransformerBlock(parameters.scope(`${i}`), `encoder/${i}`, blockOptions(part, {})),
		);
		this.#norm = part.finalNorm ? makeNorm(parameters.scope("norm"), modelDim, part) : (x) => x;
	}

	/**
	 * @param ids int32 `[batch, source]`.
	 * @returns `[batch, source, modelDim]`.
	 * @throws HeedError `SHAPE`, `DTYPE`, `VALUE`.
	 */
	run(ids: tf.Tensor2D, { lengths, dropout }: TransformerEncoderCall = {}): tf.Tensor3D {
		const where = "TransformerEncoder.run";
		checkTokens(where, ids, lengths);
		this.checkLength(where, ids.shape[1]);
		return tf.tidy(() => {
			const embedded = this.#embedding.run(ids, 0, dropout); // [B, S, D]
			const encoded = this.#blocks.reduce((x, block) => block.run(x, { lengths, dropout }).output, embedded);
			return this.#norm(encoded);
		});
	}

	/** Refuses more tokens than there are learned positions. */
	checkLength(where: string, length: number): void {
		this.#embedding.checkLength(where, "source", length);
	}
}
