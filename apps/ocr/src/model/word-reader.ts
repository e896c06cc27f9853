import { checkIds, embed, Parameters, project } from "@heed/layers";
import {
	AttentionalDecoder,
	type AttentionConfig,
	type DecoderState,
	type StepDecoder,
	type StepResult,
	sequenceLoss,
} from "@heed/nlp";
import * as tf from "@tensorflow/tfjs-core";
import { ImageEncoder } from "./image-encoder.ts";

/** What a {@link WordReader} is made of. */
export interface WordReaderConfig {
	/** Number of ids: letters and what begins, ends and pads a word. */
	readonly classes: number;
	readonly attention: AttentionName;
	readonly channels: number;
	/** Size of the state of the decoder, and of each direction of the encoder. */
	readonly units: number;
	/** Size of a letter's vector. */
	readonly embedding: number;
	readonly seed: number;
}

/** How the decoder finds the next letter: by what it looks like, or also by where it looked before. */
export type AttentionName = "bahdanau" | "locationAware" | "luong";

/** Pictures with their words. */
export interface WordBatch {
	/** `[batch, height, width, 1]`. */
	readonly images: tf.Tensor4D;
	/** Ids from BOS to EOS, int32 `[batch, letters]`. */
	readonly target: tf.Tensor2D;
	/** 1 for a letter or EOS that counts, 0 for padding, `[batch, letters − 1]`. */
	readonly live: tf.Tensor2D;
}

/**
 * Reads a word in a picture, letter by letter:
 *
 *     memory  = encoder(picture)                     one vector per column, see ImageEncoder
 *     h_t     = decoder(letters before t, memory)    looks at the columns, see AttentionalDecoder
 *     p(y_t)  = softmax(W h_t + b)
 *
 * B: batch, T: letters, U: units, V: classes.
 */
export class WordReader implements StepDecoder<tf.Tensor4D, DecoderState> {
	readonly classes: number;
	readonly #parameters: Parameters;
	readonly #encoder: ImageEncoder;
	readonly #decoder: AttentionalDecoder;
	readonly #embedding: tf.Variable<tf.Rank.R2>;
	readonly #output: { readonly kernel: tf.Variable<tf.Rank.R2>; readonly bias: tf.Variable<tf.Rank.R1> };

	constructor(config: WordReaderConfig) {
		const { classes, attention, channels, units, embedding, seed } = config;
		this.classes = classes;
		this.#parameters = new Parameters({ seed });
		this.#encoder = new ImageEncoder(this.#parameters.scope("encoder"), { channels, units });
		this.#embedding = this.#parameters.add("embedding", [classes, embedding], "standardNormal");
		this.#decoder = new AttentionalDecoder(this.#parameters.scope("decoder"), {
			embeddingSize: embedding,
			units,
			cell: "gru",
			layers: 1,
			attention: attentionOf(attention, units),
			attend: attention === "luong" ? "afterCell" : "beforeCell",
			inputFeeding: false,
			bridge: "dense",
			memorySize: this.#encoder.memorySize,
			seed,
		});
		this.#output = {
			kernel: this.#parameters.add("output/kernel", [units, classes]),
			bias: this.#parameters.add("output/bias", [classes], "zeros"),
		};
	}

	/** Every weight by its name. */
	get weights(): ReadonlyMap<string, tf.Variable> {
		return this.#parameters.variables;
	}

	/** The mean cross entropy per letter, the ends of the words included. */
	loss({ images, target, live }: WordBatch): tf.Scalar {
		return tf.tidy(() => {
			const [batch, length] = target.shape;
			const inputs = tf.transpose(tf.slice(target, [0, 0], [batch, length - 1])); // [T, B]
			const labels = tf.transpose(tf.slice(target, [0, 1], [batch, length - 1])); // [T, B]
			const state = this.#decoder.start(this.#encoder.encode(images));
			const embedded = embed(this.#embedding, inputs) as tf.Tensor3D; // [T, B, E]
			const { vectors } = this.#decoder.run(embedded, state); // [T, B, U]
			const logits = project(vectors, this.#output.kernel, this.#output.bias); // [T, B, V]
			return sequenceLoss(
				tf.reshape(logits, [-1, this.classes]) as tf.Tensor2D,
				tf.reshape(labels, [-1]) as tf.Tensor1D,
				{ live: tf.reshape(tf.transpose(live), [-1]) as tf.Tensor1D },
			);
		});
	}

	batchSize(images: tf.Tensor4D): number {
		return images.shape[0];
	}

	start(images: tf.Tensor4D, beams: number): DecoderState {
		return tf.tidy(() => {
			const [batch, ...size] = images.shape;
			const each = tf.tile(tf.expandDims(images, 1), [1, beams, 1, 1, 1]);
			const rows = tf.reshape(each, [batch * beams, ...size]) as tf.Tensor4D;
			return this.#decoder.start(this.#encoder.encode(rows));
		});
	}

	step(tokens: tf.Tensor1D, state: DecoderState): StepResult<DecoderState> {
		checkIds("WordReader.step", "tokens", tokens, this.classes, "the letters");
		return tf.tidy(() => {
			const embedded = embed(this.#embedding, tokens) as tf.Tensor2D;
			const { vector, alignment, state: next } = this.#decoder.step(embedded, state);
			const logits = project(vector, this.#output.kernel, this.#output.bias);
			return { logProbs: tf.logSoftmax(logits), alignment, state: next };
		});
	}

	reorder(state: DecoderState, indices: tf.Tensor1D): DecoderState {
		return this.#decoder.reorder(state, indices);
	}

	/** Frees the weights. */
	dispose(): void {
		this.#parameters.dispose();
	}
}

function attentionOf(attention: AttentionName, units: number): AttentionConfig {
	if (attention === "luong") return { kind: "luong", score: "general" };
	if (attention === "bahdanau") return { kind: "bahdanau", units };
	return { kind: "locationAware", units, filters: 8, kernelSize: 7 }; // a letter is two to four columns wide
}
