import {
	checkDtype,
	checkNumber,
	checkOptions,
	checkRank,
	describeShape,
	HeedError,
	learnedPositions,
	paddingMask,
	reorderCache,
} from "@heed/core";
import {
	checkIds,
	type Dense,
	dropoutStream,
	embed,
	makeDense,
	makeNorm,
	type Norm,
	Parameters,
	TransformerBlock,
	type TransformerBlockState,
} from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { StepDecoder, StepResult } from "../decode/step-decoder.ts";
import { checkDecoderState, checkReorder } from "../ops/check-given.ts";
import { tidied } from "../ops/tidied.ts";
import { padBatch, toTensors } from "../text/pad-batch.ts";
import {
	type DecoderLMConfig,
	decoderLMBlock,
	type ResolvedDecoderLMConfig,
	resolveDecoderLMConfig,
} from "./decoder-lm-config.ts";
import {
	checkPrompts,
	checkRoom,
	checkTokenBatch,
	type PromptBatch,
	type TokenBatch,
} from "./prompt-batch.ts";
import { sequenceLoss } from "./sequence-loss.ts";

/** What {@link DecoderLM.loss} accepts. */
export interface DecoderLMLossOptions {
	/** Share of the target that goes evenly to all tokens. Default 0. */
	readonly labelSmoothing?: number | undefined;
	/** Apply the dropout of the config, drawn from this seed: another one for every step. Default: no dropout. */
	readonly trainingSeed?: number | undefined;
}

/** What a {@link DecoderLM} remembers between two steps: the keys and values of each block. */
export type DecoderLMState = {
	readonly blocks: readonly TransformerBlockState[];
};

/**
 * A language model: a stack of Transformer blocks in which each position sees itself and those before it.
 *
 *     x_t = embedding[token_t] (+ positions[t])
 *     x   ← x + attention(norm(x));   x ← x + feedForward(norm(x))          per block
 *     p(token_{t+1}) = softmax(norm(x_t) · embeddingᵀ)                      or a projection of its own
 *
 * Train it with {@link loss} and any optimizer over {@link weights}. It is a {@link StepDecoder}: `greedyDecode`, `beamDecode`
 * and `sampleDecode` continue prompts with it, `{ prompts: [[5, 3], [7]] }`; all tokens of a prompt but the last go through
 * each block at once, then every step costs one position. Call {@link dispose} when it is no longer needed.
 *
 * Texts are ids `[batch, length]`, {@link logits} `[batch, length, classes]`.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762; `gptConfig` and `llamaConfig` name
 * the papers of the two usual shapes.
 *
 * When not to use it: where the whole text is known and each position may see all of it; that is what `BertEncoder` does.
 */
export class DecoderLM implements StepDecoder<PromptBatch, DecoderLMState> {
	/** Every choice made, as JSON: `DecoderLM.fromConfig(model.config)` has the same shape. */
	readonly config: ResolvedDecoderLMConfig;
	readonly #parameters: Parameters;
	readonly #embedding: tf.Variable<tf.Rank.R2>;
	readonly #positions: tf.Variable<tf.Rank.R2> | undefined;
	readonly #blocks: readonly TransformerBlock[];
	readonly #norm: Norm;
	readonly #output: Dense | undefined;

	/** @throws HeedError `OPTION`, before any weight is made. */
	constructor(config: DecoderLMConfig) {
		this.config = resolveDecoderLMConfig(config);
		const { vocabularySize, modelDim, layers, positions, maxLength, tieOutput, seed } = this.config;
		const parameters = new Parameters({ seed });
		this.#parameters = parameters;
		this.#embedding = parameters.add("embedding", [vocabularySize, modelDim], "smallNormal");
		if (positions.kind === "learned") {
			this.#positions = parameters.add("positions", [maxLength as number, modelDim], "smallNormal");
		}
		const options = decoderLMBlock(this.config);
		this.#blocks = Array.from({ length: layers }, (_, i) => {
			const name = `blocks/${i}`;
			return new TransformerBlock(parameters.scope(name), name, options);
		});
		this.#norm = makeNorm(parameters.scope("norm"), modelDim, this.config);
		if (tieOutput) return;
		const sizes = { inputSize: modelDim, outputSize: vocabularySize, useBias: false };
		this.#output = makeDense(parameters.scope("output"), sizes);
	}

	/** A model with fresh weights from a config, for instance one that was saved. */
	static fromConfig(config: DecoderLMConfig): DecoderLM {
		return new DecoderLM(config);
	}

	/** The number of ids. */
	get classes(): number {
		return this.config.vocabularySize;
	}

	/** Every weight by its name, for optimizers, checkpoints and imports. All are trainable. */
	get weights(): ReadonlyMap<string, tf.Variable> {
		return this.#parameters.variables;
	}

	/**
	 * The mean cross entropy per token, each predicted from those before it; the first of a row is not predicted.
	 *
	 * @param batch At least two tokens wide; what stands past the length of a row has no influence, but must be ids.
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`; `VALUE` for more tokens than `maxLength`, and on backends that compute in
	 *   plain memory (cpu, wasm, tensorflow) for ids beyond the vocabulary and lengths beyond a row.
	 */
	loss(batch: TokenBatch, options: DecoderLMLossOptions = {}): tf.Scalar {
		const where = "DecoderLM.loss";
		checkOptions(where, options, ["labelSmoothing", "trainingSeed"]);
		const { labelSmoothing = 0, trainingSeed } = options;
		checkNumber(where, "labelSmoothing", labelSmoothing, { min: 0, max: 1 });
		if (trainingSeed !== undefined) {
			checkNumber(where, "trainingSeed", trainingSeed, { integer: true, min: 0 });
		}
		this.#parameters.checkAlive(where);
		checkTokenBatch(where, batch, this.config, 2);
		return tf.tidy(() => {
			const { ids, lengths } = batch;
			const [size, width] = ids.shape;
			const steps = width - 1;
			const logits = this.#logits(tf.slice(ids, [0, 0], [size, steps]), trainingSeed); // [B, T − 1, V]
			const labels: tf.Tensor1D = tf.reshape(tf.slice(ids, [0, 1], [size, steps]), [size * steps]);
			const rows: tf.Tensor2D = tf.reshape(logits, [size * steps, this.classes]);
			if (lengths === undefined) return sequenceLoss(rows, labels, { labelSmoothing });
			const predicted = paddingMask(tf.sub(lengths, tf.scalar(1, "int32")) as tf.Tensor1D, steps); // [B, T − 1]
			const live: tf.Tensor1D = tf.reshape(tf.cast(predicted, "float32"), [size * steps]);
			return sequenceLoss(rows, labels, { live, labelSmoothing });
		});
	}

	/**
	 * What comes after every token, all at once and without a cache: `[batch, length, classes]` for ids `[batch, length]`. Under
	 * `captureAttention` each block records its weights, `['batch', 'heads', 'query', 'key']`.
	 *
	 * @throws HeedError as {@link loss}.
	 */
	logits(ids: tf.Tensor2D): tf.Tensor3D {
		this.#parameters.checkAlive("DecoderLM.logits");
		checkTokenBatch("DecoderLM.logits", { ids }, this.config, 1);
		return tf.tidy(() => this.#logits(ids));
	}

	batchSize(source: PromptBatch): number {
		return checkPrompts("DecoderLM", source, this.classes).length;
	}

	firstTokens(source: PromptBatch): Int32Array {
		return Int32Array.from(
			checkPrompts("DecoderLM", source, this.classes),
			(prompt) => prompt.at(-1) as number,
		);
	}

	/** @throws HeedError `VALUE` for prompts that hold no ids, or have no room for so many steps in `maxLength`. */
	start(source: PromptBatch, beams: number, steps: number): DecoderLMState {
		const where = "DecoderLM.start";
		this.#parameters.checkAlive(where);
		const prompts = checkPrompts(where, source, this.classes);
		checkNumber(where, "beams", beams, { integer: true, min: 1 });
		checkNumber(where, "steps", steps, { integer: true, min: 1 });
		checkRoom(where, prompts, steps, this.config.maxLength);
		const read = prompts.map((prompt) => prompt.slice(0, -1)); // the last one is what the first step is given
		const lengths = read.map((prompt) => prompt.length);
		const longest = Math.max(...lengths);
		return tidied(() => {
			let blocks = this.#blocks.map((block) => block.start(prompts.length, longest + steps));
			if (longest > 0) ({ blocks } = this.#advance(toTensors(padBatch(read)).ids, blocks, lengths));
			if (beams === 1) return { blocks };
			const rows = Array.from({ length: prompts.length * beams }, (_, row) => Math.floor(row / beams));
			return { blocks: blocks.map(({ cache }) => ({ cache: reorderCache(cache, rows) })) };
		});
	}

	step(tokens: tf.Tensor1D, state: DecoderLMState): StepResult<DecoderLMState> {
		const where = "DecoderLM.step";
		this.#parameters.checkAlive(where);
		checkDecoderState(where, state, ["blocks"]);
		checkRank(where, "tokens", tokens, ["rows"]);
		checkDtype(where, "tokens", tokens, "int32");
		const rows = state.blocks[0]?.cache.lengths.length ?? 0;
		if (tokens.shape[0] !== rows) {
			const came = describeShape("tokens", tokens.shape, ["rows"]);
			throw new HeedError("SHAPE", where, `${came} does not match the state; expected ${rows} rows.`);
		}
		checkIds(where, "tokens", tokens, this.classes, "the vocabulary");
		return tidied(() => {
			const { x, blocks } = this.#advance(tf.reshape(tokens, [rows, 1]), state.blocks);
			const logits = this.#predict(tf.reshape(x, [rows, this.config.modelDim]) as tf.Tensor2D); // [R, V]
			return { logProbs: tf.logSoftmax(logits), state: { blocks } };
		});
	}

	reorder(state: DecoderLMState, indices: tf.Tensor1D): DecoderLMState {
		checkReorder("DecoderLM.reorder", state, ["blocks"], indices);
		// A row goes on from one of the same source, which has as many positions: the lengths stay.
		const blocks = state.blocks.map(({ cache: { key, value, lengths } }) => ({
			cache: { key: tf.gather(key, indices), value: tf.gather(value, indices), lengths },
		}));
		return { blocks };
	}

	/** Frees the weights. */
	dispose(): void {
		this.#parameters.dispose();
	}

	#logits(ids: tf.Tensor2D, trainingSeed?: number): tf.Tensor3D {
		const dropout = dropoutStream(this.config.dropout, trainingSeed);
		const [, length] = ids.shape;
		const embedded = embed(this.#embedding, ids); // [B, T, E]
		const positions = this.#positions && learnedPositions(this.#positions, length); // [T, E]
		const input = positions === undefined ? embedded : tf.add(embedded, positions);
		const x = this.#blocks.reduce(
			(previous, block) => block.run(previous, { dropout }).output,
			dropout.drop(input) as tf.Tensor3D,
		);
		return this.#predict(x);
	}

	/** New tokens `[rows, new]` after those that the states hold; `lengths` of them count. */
	#advance(
		tokens: tf.Tensor2D,
		states: readonly TransformerBlockState[],
		lengths?: readonly number[],
	): { x: tf.Tensor3D; blocks: TransformerBlockState[] } {
		let x = embed(this.#embedding, tokens) as tf.Tensor3D; // [R, new, E]
		if (this.#positions !== undefined) {
			const [rows, fresh] = tokens.shape;
			const starts = states[0]?.cache.lengths ?? [];
			const places = starts.flatMap((start) => Array.from({ length: fresh }, (_, i) => start + i));
			const positions = tf.tensor2d(places, [rows, fresh], "int32");
			x = tf.add(x, embed(this.#positions, positions));
		}
		const blocks = this.#blocks.map((block, i) => {
			const { output, state } = block.step(x, states[i] as TransformerBlockState, { lengths });
			x = output;
			return state;
		});
		return { x, blocks };
	}

	/** `[..., modelDim]` to `[..., classes]`. */
	#predict<T extends tf.Tensor>(x: T): T {
		const normed = this.#norm(x);
		if (this.#output !== undefined) return this.#output(normed);
		const { modelDim } = this.config;
		const rows = tf.reshape(normed, [-1, modelDim]) as tf.Tensor2D;
		const logits = tf.matMul(rows, this.#embedding, false, true); // [N, V]
		return tf.reshape(logits, [...x.shape.slice(0, -1), this.classes]) as T;
	}
}
