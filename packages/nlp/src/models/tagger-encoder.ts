import { type DropoutStream, embed, MultiHeadBlock, type ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { liveSteps } from "../recurrent/recurrent-encoder.ts";
import { RecurrentStack } from "../recurrent/recurrent-stack.ts";
import type { SentenceBatch } from "./tagger-batch.ts";
import type { ResolvedTaggerConfig } from "./tagger-config.ts";

/**
 * Words to one vector per word, that knows its sentence:
 *
 *     x = [embedding[word]; Σ table[affix] / √affixes]
 *     per layer:  x = [forward(x); backward(x)]        see RecurrentStack
 *     with self-attention:  x = x + attend(x, x, x)      behind the last layer, or behind every one
 */
export class TaggerEncoder {
	readonly #embedding: tf.Variable<tf.Rank.R2>;
	readonly #affixes: tf.Variable<tf.Rank.R2> | undefined;
	readonly #layers: RecurrentStack;
	readonly #attention: MultiHeadBlock | undefined;

	constructor(parameters: ParameterScope, config: ResolvedTaggerConfig) {
		const { vocabularySize, embeddingSize, affixBuckets, affixSize } = config;
		const { units, cell, layers, bidirectional, selfAttention, dropout } = config;
		const table = (name: string, rows: number, size: number): tf.Variable<tf.Rank.R2> =>
			parameters.add<tf.Rank.R2>(name, [rows, size], "standardNormal");
		this.#embedding = table("embedding", vocabularySize, embeddingSize);
		this.#affixes = affixBuckets === 0 ? undefined : table("affixes", affixBuckets, affixSize);
		const inputSize = embeddingSize + (affixBuckets === 0 ? 0 : affixSize);
		const every = selfAttention?.after === "every" ? { heads: selfAttention.heads } : undefined;
		const stack = { units, cell, layers, bidirectional, selfAttention: every };
		this.#layers = new RecurrentStack(parameters, inputSize, stack);
		this.#attention =
			selfAttention === null || every !== undefined
				? undefined
				: new MultiHeadBlock(parameters.scope("self_attention"), {
						name: "self_attention",
						querySize: this.#layers.outputSize,
						numHeads: selfAttention.heads,
						dropout,
					});
	}

	/** `[batch, length, memorySize]`; what stands past a length has no influence on what stands before it. */
	encode({ words, affixes, lengths }: SentenceBatch, { drop, nextSeed }: DropoutStream): tf.Tensor3D {
		const live = liveSteps(lengths, words.shape[1]); // [T, B]
		const vectors = [embed(this.#embedding, tf.transpose(words)) as tf.Tensor3D]; // [T, B, E]
		if (this.#affixes !== undefined && affixes !== undefined)
			vectors.push(this.#look(this.#affixes, affixes));
		const x = drop(tf.concat(vectors, 2)); // [T, B, E + A]
		const memory: tf.Tensor3D = tf.transpose(this.#layers.run(x, live, drop).outputs, [1, 0, 2]); // [B, T, M]
		if (this.#attention === undefined) return memory;
		const seen = this.#attention.attend(memory, memory, memory, {
			keyLengths: lengths,
			dropoutSeed: nextSeed(),
		});
		return tf.add(memory, drop(seen.output));
	}

	/** The sum of a word's rows, `[T, B, A]`; divided so that it is about as large as one row, however many there are. */
	#look(table: tf.Tensor2D, affixes: tf.Tensor3D): tf.Tensor3D {
		const rows = embed(table, tf.transpose(affixes, [1, 0, 2])) as tf.Tensor4D; // [T, B, N, A]
		return tf.mul(tf.sum(rows, 2), 1 / Math.sqrt(affixes.shape[2]));
	}
}
