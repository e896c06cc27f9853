import { checkChoice, checkFlag, checkNumber, checkOptions, checkRank, HeedError } from "@heed/core";
import { isCapturing, type ParameterScope, project, recordAttention, seedFor } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { AttentionConfig } from "../attention/attention-by-name.ts";
import { type AttentionFactory, attentionFactory } from "../attention/attention-factory.ts";
import { reorderWithinSource } from "../attention/attention-state.ts";
import {
	type DecoderAttention,
	isParallel,
	type ParallelDecoderAttention,
	type StepOptions,
} from "../attention/decoder-attention.ts";
import { checkDecoderState, checkParts, checkReorder } from "../ops/check-given.ts";
import { gatherRows } from "../ops/gather-rows.ts";
import type { RecurrentCell, RecurrentState } from "../recurrent/recurrent-cell.ts";
import { type BetweenLayers, type Encoded, makeCell } from "../recurrent/recurrent-encoder.ts";
import { checkResetAfter } from "../recurrent/recurrent-stack.ts";
import { unstackSteps } from "../recurrent/recurrent-steps.ts";
import { checkTrainingSeed } from "./check-training-seed.ts";
import {
	chosen,
	type DecodedStep,
	type DecodedSteps,
	type DecoderRunOptions,
	type DecoderState,
	type DecoderStep,
	decoderStateParts,
	stack,
} from "./decoded-steps.ts";

/** What an {@link AttentionalDecoder} is made of. */
export interface AttentionalDecoderOptions {
	/** Numbers per embedded token, E. */
	readonly embeddingSize: number;
	/** Size of the state of every layer, U. */
	readonly units: number;
	/** The kind of the recurrent cells. */
	readonly cell: "gru" | "lstm";
	/** Of `gru`: see `GruCell`. Default true. */
	readonly resetAfter?: boolean | undefined;
	/** Recurrent layers, 1 or more, one on the other. */
	readonly layers: number;
	/** A mechanism of this package by its config, or a function that makes one of your own. */
	readonly attention: AttentionConfig | AttentionFactory;
	/** Who asks: the previous state, before the cell runs, or the current one, after it. */
	readonly attend: "beforeCell" | "afterCell";
	/** Feed h̃ of a step into the next; only after the cell. */
	readonly inputFeeding: boolean;
	/** Where the state starts: from the encoder's last one through a layer, or at zero. */
	readonly bridge: "dense" | "zero";
	/** Size of a vector of the memory, which is also that of the encoder's last state. */
	readonly memorySize: number;
	/** Seed of a mechanism that is given by its config. */
	readonly seed: number;
}

/**
 * A recurrent decoder that attends to a memory. Two ways to put the attention in:
 *
 *     beforeCell (Bahdanau)    c_t = attend(h_{t−1});   h_t = cell([y_{t−1}; c_t], h_{t−1})
 *     afterCell (Luong)        h_t = cell(y_{t−1} or, feeding, [y_{t−1}; h̃_{t−1}], h_{t−1});   c_t = attend(h_t)
 *     both                     h̃_t = tanh(W_c [c_t; h_t] + b)
 *
 * After the cell and without feeding, no step waits for the attention of another, so all of them run at once.
 *
 * T: target steps, B: batch, S: source positions, U: units, M: memory size, E: embedding size.
 *
 * Bahdanau, Cho, Bengio 2014, https://arxiv.org/abs/1409.0473; Luong, Pham, Manning 2015, "Effective Approaches to
 * Attention-based Neural Machine Translation", https://arxiv.org/abs/1508.04025
 *
 * When not to use it: for a whole translator, which `Seq2Seq` is. It is the part to build on where the memory is no text: the
 * regions of a picture, or frames of sound.
 */
export class AttentionalDecoder {
	/** One per layer; the first reads the embedded token `[batch, embeddingSize]` and what is fed to it. */
	readonly cells: readonly RecurrentCell[];
	/** Asks with a state `[batch, units]`, reads the memory `[batch, source, memorySize]`. */
	readonly attention: DecoderAttention;
	readonly #options: AttentionalDecoderOptions;
	readonly #bridges: readonly { readonly kernel: tf.Variable; readonly bias: tf.Variable }[][];
	readonly #combine: { readonly kernel: tf.Variable; readonly bias: tf.Variable };

	/**
	 * @param parameters Where the weights are registered, for instance `new Parameters({ seed: 1 })`.
	 * @throws HeedError `OPTION`.
	 */
	constructor(parameters: ParameterScope, options: AttentionalDecoderOptions) {
		checkDecoderOptions(options);
		const { embeddingSize, units, memorySize, attend, inputFeeding, resetAfter } = options;
		const makeAttention = attentionFactory("AttentionalDecoder", options.attention, options.seed);
		this.#options = options;
		const extra = attend === "beforeCell" ? memorySize : inputFeeding ? units : 0;
		this.cells = Array.from({ length: options.layers }, (_, layer) => {
			const inputSize = layer === 0 ? embeddingSize + extra : units;
			return makeCell(parameters.scope(`${layer}`), options.cell, { inputSize, units, resetAfter });
		});
		this.#bridges = this.cells.map((cell, layer) =>
			Array.from({ length: options.bridge === "zero" ? 0 : cell.stateSize }, (_, part) => {
				const scope = parameters.scope(`bridge/${layer}/${part === 0 ? "hidden" : "cell"}`);
				return {
					kernel: scope.add("kernel", [memorySize, units]),
					bias: scope.add("bias", [units], "zeros"),
				};
			}),
		);
		this.attention = makeAttention(parameters.scope("attention"), { querySize: units, memorySize });
		this.#combine = {
			kernel: parameters.add("combine/kernel", [memorySize + units, units]),
			bias: parameters.add("combine/bias", [units], "zeros"),
		};
	}

	/** The state before the first token: each layer starts at `tanh(W_b · last state of the encoder + b_b)`, or at zero. */
	start(encoded: Encoded, lengths?: tf.Tensor1D): DecoderState {
		checkParts(
			"AttentionalDecoder.start",
			"the source",
			encoded,
			["memory", "state"],
			"what an encoder gives",
		);
		const { memory, state } = encoded;
		const [batch] = memory.shape;
		const top = state[state.length - 1] ?? [];
		const cells = this.cells.map((cell, layer) => {
			const bridges = this.#bridges[layer] ?? [];
			if (bridges.length === 0) return cell.zeroState(batch);
			return bridges.map(({ kernel, bias }, part) => {
				// A GRU's state is all that an LSTM's cell can start from.
				const ends = top.map((direction) => (direction[part] ?? direction[0]) as tf.Tensor2D);
				return tf.tanh(project(tf.concat(ends, 1), kernel, bias)); // [B, U]
			});
		});
		const fed = this.#options.inputFeeding
			? { fed: tf.zeros([batch, this.#options.units]) as tf.Tensor2D }
			: {};
		return { cells, attention: this.attention.setUp(memory, lengths), ...fed };
	}

	/** One step on the embedding of the last token, `[B, E]`; what is random in training takes what is likeliest. */
	step(embedded: tf.Tensor2D, state: DecoderState): DecodedStep {
		checkDecoderState("AttentionalDecoder.step", state, decoderStateParts);
		checkRank("AttentionalDecoder.step", "embedded", embedded, ["batch", "embeddingSize"]);
		const { hidden, context, alignment, state: next } = this.#step(embedded, state, (x) => x);
		const vector = next.fed ?? this.#vector(context, hidden);
		return { vector, context, hidden, alignment, state: next };
	}

	/**
	 * Every step of a known target, `[T, B, E]`.
	 *
	 * @throws HeedError `OPTION`.
	 */
	run(embedded: tf.Tensor3D, initial: DecoderState, options: DecoderRunOptions = {}): DecodedSteps {
		const where = "AttentionalDecoder.run";
		checkOptions(where, options, ["between", "seed"]);
		checkRank(where, "embedded", embedded, ["time", "batch", "embeddingSize"]);
		checkDecoderState(where, initial, decoderStateParts);
		const { between = (x) => x, seed } = options;
		if (seed !== undefined) checkNumber(where, "seed", seed, { integer: true, min: 0 });
		const { attend, inputFeeding, attention } = this.#options;
		if (typeof attention !== "function") {
			checkTrainingSeed(where, attention, seed, "Give `seed`, a whole number, another one for every step.");
		}
		if (attend === "afterCell" && !inputFeeding && isParallel(this.attention)) {
			return this.#runAtOnce(this.attention, embedded, initial, between);
		}
		let state = initial;
		const steps: DecoderStep[] = [];
		unstackSteps(embedded).forEach((input, t) => {
			const training = seed === undefined ? {} : { training: { seed: seedFor(seed, `attention/${t}`) } };
			const step = this.#step(input, state, between, training);
			steps.push(step);
			state = step.state;
		});
		const alignment = stack(steps, (step) => step.alignment, 1); // [B, T, S]
		this.#record(alignment);
		const hidden = stack(steps, (step) => step.hidden);
		const context = stack(steps, (step) => step.context);
		const vectors = inputFeeding
			? stack(steps, (step) => step.state.fed as tf.Tensor2D)
			: this.#vector(context, hidden);
		return { vectors, context, hidden, alignment, ...chosen(steps) };
	}

	/** The rows `indices` of what changes from step to step; what belongs to the source sentence stays. */
	reorder(state: DecoderState, indices: tf.Tensor1D): DecoderState {
		checkReorder("AttentionalDecoder.reorder", state, decoderStateParts, indices);
		return {
			attention: reorderWithinSource(state.attention, indices),
			cells: state.cells.map((cell) => cell.map((part) => gatherRows(part, indices))),
			...(state.fed && { fed: gatherRows(state.fed, indices) }),
		};
	}

	#runAtOnce(
		attention: ParallelDecoderAttention,
		embedded: tf.Tensor3D,
		initial: DecoderState,
		between: BetweenLayers,
	): DecodedSteps {
		let x = embedded;
		this.cells.forEach((cell, layer) => {
			const { outputs } = cell.sequence(x, initial.cells[layer] as RecurrentState);
			x = layer === this.cells.length - 1 ? outputs : between(outputs);
		});
		const queries = tf.transpose(x, [1, 0, 2]); // [B, T, U]
		const { context, alignment } = attention.attendAll(queries, initial.attention);
		this.#record(alignment);
		const byStep = tf.transpose(context, [1, 0, 2]); // [T, B, M]
		return { vectors: this.#vector(byStep, x), context: byStep, hidden: x, alignment };
	}

	#step(
		embedded: tf.Tensor2D,
		state: DecoderState,
		between: BetweenLayers,
		options: StepOptions = {},
	): DecoderStep {
		if (this.#options.attend === "beforeCell") {
			const previous = state.cells[this.cells.length - 1]?.[0] as tf.Tensor2D;
			const asked = this.attention.step(previous, state.attention, options);
			const cells = this.#runCells(tf.concat([embedded, asked.context], 1), state.cells, between);
			const hidden = cells[cells.length - 1]?.[0] as tf.Tensor2D;
			return { ...asked, hidden, state: { cells, attention: asked.state } };
		}
		const { fed } = state;
		const input = fed === undefined ? embedded : (tf.concat([embedded, fed], 1) as tf.Tensor2D);
		const cells = this.#runCells(input, state.cells, between);
		const hidden = cells[cells.length - 1]?.[0] as tf.Tensor2D;
		const asked = this.attention.step(hidden, state.attention, options);
		const next = fed === undefined ? {} : { fed: this.#vector(asked.context, hidden) };
		return { ...asked, hidden, state: { cells, attention: asked.state, ...next } };
	}

	#record(weights: tf.Tensor): void {
		if (!isCapturing()) return;
		const { name, kind } = this.attention;
		recordAttention({ layer: name, kind, axes: ["batch", "query", "key"], weights });
	}

	#runCells(input: tf.Tensor2D, states: readonly RecurrentState[], between: BetweenLayers): RecurrentState[] {
		let x = input;
		return this.cells.map((cell, layer) => {
			const next = cell.step(layer === 0 ? x : between(x), states[layer] as RecurrentState);
			x = next[0] as tf.Tensor2D;
			return next;
		});
	}

	/** `h̃ = tanh(W_c [c; h] + b)`. */
	#vector<T extends tf.Tensor>(context: T, hidden: T): T {
		const joined = tf.concat([context, hidden], context.rank - 1) as T;
		return tf.tanh(project(joined, this.#combine.kernel, this.#combine.bias));
	}
}

function checkDecoderOptions(options: AttentionalDecoderOptions): void {
	const where = "AttentionalDecoder";
	const sizes = ["embeddingSize", "units", "layers", "memorySize"] as const;
	const others = ["cell", "resetAfter", "attention", "attend", "inputFeeding", "bridge", "seed"];
	checkOptions(where, options, [...sizes, ...others]);
	for (const name of sizes) checkNumber(where, name, options[name], { integer: true, min: 1 });
	checkNumber(where, "seed", options.seed, { integer: true, min: 0 });
	checkChoice(where, "cell", options.cell, ["gru", "lstm"]);
	checkResetAfter(where, options.resetAfter, options.cell);
	checkChoice(where, "attend", options.attend, ["beforeCell", "afterCell"]);
	checkChoice(where, "bridge", options.bridge, ["dense", "zero"]);
	checkFlag(where, "inputFeeding", options.inputFeeding);
	checkFeeding(where, options);
}

/** Refuses input feeding where the cell gets the context already. */
export function checkFeeding(
	where: string,
	{ attend, inputFeeding }: Pick<AttentionalDecoderOptions, "attend" | "inputFeeding">,
): void {
	if (!inputFeeding || attend === "afterCell") return;
	const message =
		"`inputFeeding` is true with `attend` 'beforeCell', where the cell gets the context already. Use 'afterCell'.";
	throw new HeedError("OPTION", where, message);
}
