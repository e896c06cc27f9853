import { checkDtype, checkRank, checkShape, learnedPositions } from "@heed/core";
import { type Dense, embed, makeDense, type ParameterScope, recordAttention } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import {
	checkMultiStepMemory,
	MultiStepAttention,
	type MultiStepMemory,
} from "../attention/multi-step-attention.ts";
import { checkDecoderState, checkReorder } from "../ops/check-given.ts";
import { gatherRows } from "../ops/gather-rows.ts";
import { checkTokens } from "./check-tokens.ts";
import { type ConvOptions, checkConvOptions, halfVariance } from "./conv-encoder.ts";
import { GatedConvolution, padTime } from "./gated-convolution.ts";
import type { BetweenLayers } from "./recurrent-encoder.ts";

/** What the decoder remembers between two tokens. */
export type ConvDecoderState = {
	/** The last `kernelSize − 1` inputs of each layer, `[rows, kernelSize − 1, units]`. */
	readonly windows: tf.Tensor3D[];
	readonly memory: MultiStepMemory;
	/** How many tokens have been read. */
	readonly position: number;
};

const stateParts = ["windows", "memory"];

interface Layer {
	readonly convolution: GatedConvolution;
	readonly attention: MultiStepAttention;
}

/** What goes through the layers: all steps, or the next one. */
interface Pass {
	readonly g: tf.Tensor3D; // [B, T, E]
	readonly memory: MultiStepMemory;
	/** The input of a layer with what the convolution sees before it, `[B, k − 1 + T, U]`. */
	readonly withPast: (x: tf.Tensor3D, layer: number) => tf.Tensor3D;
	readonly between: BetweenLayers;
	/** Where a layer looked, `[B, T, S]`. */
	readonly look: (weights: tf.Tensor3D, layer: number) => void;
}

/**
 * A convolutional decoder: each layer sees the last few steps, never a later one, and then attends to the source.
 *
 *     g = embedding[ids] + positions;   x = g W + b
 *     per layer: h = GLU(causal conv(x));   c = MultiStepAttention(h, g);   x = ((h + c) √½ + x) √½
 *
 * Trained on all steps at once; decoded step by step with the last k − 1 inputs of every layer as its state. Weights:
 * `embedding`, `positions`, `input/…`, `<layer>/kernel` and `bias`, `<layer>/attention/…`.
 *
 * Gehring et al. 2017, "Convolutional Sequence to Sequence Learning", https://arxiv.org/abs/1705.03122; without its weight
 * normalisation.
 *
 * When not to use it: for sequences longer than `maxPositions` or than those trained on, whose positions it does not know.
 */
export class ConvDecoder {
	readonly #options: ConvOptions;
	readonly #embedding: tf.Variable<tf.Rank.R2>;
	readonly #positions: tf.Variable<tf.Rank.R2>;
	readonly #input: Dense;
	readonly #layers: readonly Layer[];

	/** @throws HeedError `OPTION`, before any weight is made. */
	constructor(parameters: ParameterScope, options: ConvOptions & { readonly seed: number }) {
		const { seed, ...sizes } = options ?? {};
		checkConvOptions("ConvDecoder", sizes);
		const { vocabularySize, embeddingSize, units, layers, kernelSize, maxPositions } = sizes;
		this.#options = sizes;
		this.#embedding = parameters.add("embedding", [vocabularySize, embeddingSize], "standardNormal");
		this.#positions = parameters.add("positions", [maxPositions, embeddingSize], "standardNormal");
		this.#input = makeDense(parameters.scope("input"), { inputSize: embeddingSize, outputSize: units });
		this.#layers = Array.from({ length: layers }, (_, layer) => {
			const scope = parameters.scope(`${layer}`);
			const convolution = new GatedConvolution(scope, kernelSize, units);
			const attention = new MultiStepAttention({ seed: seed + layer });
			attention.buildFor(units, embeddingSize, scope.scope("attention"));
			return { convolution, attention };
		});
	}

	/** The state before the first token. */
	start(memory: MultiStepMemory): ConvDecoderState {
		checkMultiStepMemory("ConvDecoder.start", memory);
		const { kernelSize, units } = this.#options;
		const shape: [number, number, number] = [memory.keys.shape[0], kernelSize - 1, units];
		return { windows: this.#layers.map(() => tf.zeros(shape)), memory, position: 0 };
	}

	/**
	 * Every step of a known target, int32 `[batch, time]`. Under a capture each layer records where it looked.
	 *
	 * @param between Applied to the embeddings and to the input of every layer.
	 * @returns `[batch, time, units]`.
	 * @throws HeedError `SHAPE`, also for more tokens than `maxPositions`; `DTYPE`, `VALUE`.
	 */
	run(ids: tf.Tensor2D, memory: MultiStepMemory, between: BetweenLayers = (x) => x): tf.Tensor3D {
		const where = "ConvDecoder.run";
		checkTokens(where, ids, undefined, "time");
		checkMultiStepMemory(where, memory);
		const axes = ["batch", "source", "embeddingSize"];
		const expected = [ids.shape[0], null, this.#options.embeddingSize];
		checkShape(where, "memory.keys", memory.keys, axes, expected, "ids and the decoder");
		return tf.tidy(() => {
			const reach = { before: this.#options.kernelSize - 1, behind: 0 };
			return this.#pass({
				g: between(this.#embed(ids, 0)),
				memory,
				withPast: (x) => padTime(x, reach),
				between,
				look: (weights, layer) => {
					const axes = ["batch", "query", "key"];
					recordAttention({ layer: `${layer}/attention`, kind: "multiStepAttention", axes, weights });
				},
			});
		});
	}

	/**
	 * One step on the last token of every row, int32 `[rows]`: `[rows, units]`, and the mean of where the layers looked.
	 *
	 * @throws HeedError `SHAPE`, `DTYPE`, `VALUE`.
	 */
	step(
		ids: tf.Tensor1D,
		state: ConvDecoderState,
	): { vector: tf.Tensor2D; alignment: tf.Tensor2D; state: ConvDecoderState } {
		const where = "ConvDecoder.step";
		checkDecoderState(where, state, stateParts);
		const { windows, memory, position } = state;
		checkRank(where, "ids", ids, ["rows"]);
		checkShape(where, "ids", ids, ["rows"], [windows[0]?.shape[0] ?? 0], "the state");
		checkDtype(where, "ids", ids, "int32");
		return tf.tidy(() => {
			const rows = ids.shape[0];
			const { kernelSize, units } = this.#options;
			const seen: tf.Tensor3D[] = [];
			const next: tf.Tensor3D[] = [];
			const x = this.#pass({
				g: this.#embed(tf.reshape(ids, [rows, 1]), position),
				memory,
				withPast: (input, layer) => {
					const whole: tf.Tensor3D = tf.concat([windows[layer] as tf.Tensor3D, input], 1); // [B, k, U]
					next.push(tf.slice(whole, [0, 1, 0], [rows, kernelSize - 1, units]));
					return whole;
				},
				between: (input) => input,
				look: (weights) => seen.push(weights),
			});
			const alignment = tf.div(tf.addN(seen), seen.length);
			return {
				vector: tf.reshape(x, [rows, units]),
				alignment: tf.reshape(alignment, [rows, memory.keys.shape[1]]),
				state: { windows: next, memory, position: position + 1 },
			};
		});
	}

	/** The rows `indices` of what changes from step to step; what belongs to the source stays. */
	reorder(state: ConvDecoderState, indices: tf.Tensor1D): ConvDecoderState {
		checkReorder("ConvDecoder.reorder", state, stateParts, indices);
		const { windows, memory, position } = state;
		return { windows: windows.map((window) => gatherRows(window, indices)), memory, position };
	}

	#embed(ids: tf.Tensor2D, offset: number): tf.Tensor3D {
		const positions = learnedPositions(this.#positions, ids.shape[1], { offset }); // [T, E]
		return tf.add(embed(this.#embedding, ids), positions);
	}

	#pass({ g, memory, withPast, between, look }: Pass): tf.Tensor3D {
		let x = this.#input(g); // [B, T, U]
		this.#layers.forEach(({ convolution, attention }, layer) => {
			const h = convolution.run(withPast(between(x), layer));
			const { output, weights } = attention.attend(h, g, memory);
			look(weights, layer);
			x = tf.mul(tf.add(tf.mul(tf.add(h, output), halfVariance), x), halfVariance);
		});
		return x;
	}
}
