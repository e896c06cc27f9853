import { checkNumber, checkOptions, learnedPositions, paddingMask } from "@heed/core";
import { type Dense, embed, makeDense, type ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { type MultiStepMemory, multiStepMemory } from "../attention/multi-step-attention.ts";
import { checkTokens } from "./check-tokens.ts";
import { GatedConvolution, padTime } from "./gated-convolution.ts";
import type { BetweenLayers } from "./recurrent-encoder.ts";

/** What {@link ConvEncoder} and {@link ConvDecoder} are made of. */
export interface ConvOptions {
	/** Number of ids. */
	readonly vocabularySize: number;
	/** Size of the embedding of a token. */
	readonly embeddingSize: number;
	/** Size of the state of a layer. */
	readonly units: number;
	readonly layers: number;
	/** How many steps a convolution sees, at least 2. */
	readonly kernelSize: number;
	/** The longest sequence. */
	readonly maxPositions: number;
}

/** Halves the variance of a sum of two, as the paper does. */
export const halfVariance: number = Math.sqrt(0.5);

/**
 * A convolutional encoder: every layer sees a few neighbours of a position, and a stack of them a wide field, all positions at
 * once.
 *
 *     e = embedding[ids] + positions;   x = e W + b
 *     per layer: x = (GLU(conv(x)) + x) √½
 *     z = x W_z + b_z;                  keys z, values z + e
 *
 * Padding counts as zeros. A kernel of even size sees one more step behind than before. Weights: `embedding`,
 * `positions`, `input/…`, `<layer>/kernel` and `bias`, `output/…`.
 *
 * Gehring et al. 2017, "Convolutional Sequence to Sequence Learning", https://arxiv.org/abs/1705.03122; without its weight
 * normalisation.
 *
 * When not to use it: for sequences longer than `maxPositions` or than those trained on; where one far word decides, and the
 * stack is not deep enough to see it.
 */
export class ConvEncoder {
	readonly #embedding: tf.Variable<tf.Rank.R2>;
	readonly #positions: tf.Variable<tf.Rank.R2>;
	readonly #input: Dense;
	readonly #layers: readonly GatedConvolution[];
	readonly #output: Dense;
	readonly #kernelSize: number;

	/** @throws HeedError `OPTION`, before any weight is made. */
	constructor(parameters: ParameterScope, options: ConvOptions) {
		checkConvOptions("ConvEncoder", options);
		const { vocabularySize, embeddingSize, units, layers, kernelSize, maxPositions } = options;
		this.#kernelSize = kernelSize;
		this.#embedding = parameters.add("embedding", [vocabularySize, embeddingSize], "standardNormal");
		this.#positions = parameters.add("positions", [maxPositions, embeddingSize], "standardNormal");
		this.#input = makeDense(parameters.scope("input"), { inputSize: embeddingSize, outputSize: units });
		this.#layers = Array.from(
			{ length: layers },
			(_, layer) => new GatedConvolution(parameters.scope(`${layer}`), kernelSize, units),
		);
		this.#output = makeDense(parameters.scope("output"), { inputSize: units, outputSize: embeddingSize });
	}

	/**
	 * @param ids int32 `[batch, source]`.
	 * @param lengths Valid tokens per row, int32 `[batch]`.
	 * @param between Applied to the embeddings and to the input of every layer.
	 * @throws HeedError `SHAPE`, also for more tokens than `maxPositions`; `DTYPE`, `VALUE`.
	 */
	encode(ids: tf.Tensor2D, lengths: tf.Tensor1D, between: BetweenLayers = (x) => x): MultiStepMemory {
		checkTokens("ConvEncoder.encode", ids, lengths);
		return tf.tidy(() => {
			const [batch, source] = ids.shape;
			const mask = paddingMask(lengths, source); // [B, S]
			const live = tf.cast(tf.reshape(mask, [batch, source, 1]), "float32"); // [B, S, 1]
			const positions = learnedPositions(this.#positions, source); // [S, E]
			const e = between(tf.add(embed(this.#embedding, ids), positions) as tf.Tensor3D); // [B, S, E]
			const behind = Math.floor(this.#kernelSize / 2);
			const reach = { before: this.#kernelSize - 1 - behind, behind };
			let x = this.#input(e); // [B, S, U]
			for (const layer of this.#layers) {
				const seen = between(tf.mul(x, live) as tf.Tensor3D);
				x = tf.mul(tf.add(layer.run(padTime(seen, reach)), x), halfVariance);
			}
			const z = this.#output(x); // [B, S, E]
			return multiStepMemory(z, tf.add(z, e), mask);
		});
	}
}

/** Refuses what a convolutional encoder or decoder cannot be made of. */
export function checkConvOptions(where: string, options: ConvOptions): void {
	const sizes = ["vocabularySize", "embeddingSize", "units", "layers", "maxPositions"] as const;
	checkOptions(where, options, [...sizes, "kernelSize"]);
	for (const name of sizes) checkNumber(where, name, options[name], { integer: true, min: 1 });
	checkNumber(where, "kernelSize", options.kernelSize, { integer: true, min: 2 });
}
