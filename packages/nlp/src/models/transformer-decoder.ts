import { checkDtype, checkFlag, checkNotEmpty, checkNumber, checkRank, checkShape } from "@heed/core";
import {
	type DropoutStream,
	makeNorm,
	type Norm,
	type ParameterScope,
	TransformerBlock,
	type TransformerBlockState,
} from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { repeatRows } from "../decode/repeat-rows.ts";
import { checkDecoderState, checkReorder } from "../ops/check-given.ts";
import { gatherRows } from "../ops/gather-rows.ts";
import { tidied } from "../ops/tidied.ts";
import { checkLengths, checkTokens } from "../recurrent/check-tokens.ts";
import { isTokenPositions, TokenEmbedding } from "./token-embedding.ts";
import {
	blockOptions,
	checkAlignmentLayer,
	resolveTransformerPart,
	type TransformerPartConfig,
} from "./transformer-config.ts";

/** What a {@link TransformerDecoder} is made of. */
export interface TransformerDecoderOptions extends TransformerPartConfig {
	/** Number of ids. */
	readonly vocabularySize: number;
	readonly layers: number;
	/** Features of the memory. Default `modelDim`. */
	readonly memoryDim?: number | undefined;
	/** Use the embedding as the kernel of the logits too. Default false. */
	readonly tie?: boolean | undefined;
	/** Add a bias to the logits. Default true. */
	readonly outputBias?: boolean | undefined;
	/** The layer whose attention to the memory is the alignment of a step. Default: the last one. */
	readonly alignmentLayer?: number | undefined;
}

/** How one call runs. */
export interface TransformerDecoderCall {
	/** How many leading positions of the memory count, int32 `[batch]`. Default: all. */
	readonly memoryLengths?: tf.Tensor1D | undefined;
	/** Default: nothing is dropped. */
	readonly dropout?: DropoutStream | undefined;
}

/** What the decoder remembers between two tokens: rows are hypotheses, and all of them are equally long. */
export type TransformerState = {
	readonly blocks: readonly TransformerBlockState[];
	/** How many positions of the memory count, int32 `[rows]`. */
	readonly lengths?: tf.Tensor1D;
};

/** What a step gives. */
export interface TransformerDecoderStep {
	/** `[rows, vocabulary]`. */
	readonly logits: tf.Tensor2D;
	/** The mean over the heads of one layer's attention to the memory, `[rows, memoryLength]`. */
	readonly alignment: tf.Tensor2D;
	readonly state: TransformerState;
}

const where = "TransformerDecoder";
const own = ["vocabularySize", "layers", "memoryDim", "tie", "outputBias", "alignmentLayer"] as const;

/**
 * Predicts the next token from those before it and a memory, which may come from anywhere: an encoder, the features of a
 * picture. Embeddings, positions, a stack of {@link TransformerBlock}s that look back and at the memory, logits.
 *
 *     ids [B, T], memory [B, S, …]  →  x = [√D] · embedding(ids) + positions  →  block after block  →  x W + b  [B, T, V]
 *
 * Weights: `embedding`, `0/…`, `1/…`, `norm/…` of the final norm, `output/kernel` [modelDim, vocabulary] unless it is tied,
 * and `output/bias`. Its attentions are recorded as `decoder/0/self_attention` and `decoder/0/cross_attention`.
 *
 * B: batch, T: tokens, S: positions of the memory, D: modelDim, V: vocabulary.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762
 *
 * When not to use it: without a memory; that is a `DecoderLM`.
 */
export class TransformerDecoder {
	readonly #embedding: TokenEmbedding;
	readonly #blocks: readonly TransformerBlock[];
	readonly #norm: Norm;
	readonly #kernel: tf.Variable<tf.Rank.R2> | undefined;
	readonly #bias: tf.Variable<tf.Rank.R1> | undefined;
	readonly #memoryDim: number;
	readonly #alignmentLayer: number;

	/**
	 * @param table An embedding that belongs to somebody else, `[vocabulary, modelDim]`.
	 * @throws HeedError `OPTION`, before any weight is made.
	 */
	constructor(
		parameters: ParameterScope,
		options: TransformerDecoderOptions,
		table?: tf.Variable<tf.Rank.R2>,
	) {
		const part = resolveTransformerPart(where, options, own);
		const { modelDim, positions, scaleEmbedding } = part;
		const { vocabularySize, layers, memoryDim = modelDim, tie = false, outputBias = true } = options;
		for (const [name, size] of Object.entries({ vocabularySize, layers, memoryDim })) {
			checkNumber(where, name, size, { integer: true, min: 1 });
		}
		checkFlag(where, "tie", tie);
		checkFlag(where, "outputBias", outputBias);
		this.#memoryDim = memoryDim;
		this.#alignmentLayer = options.alignmentLayer ?? layers - 1;
		checkAlignmentLayer(where, this.#alignmentLayer, layers);
		this.#embedding = new TokenEmbedding(parameters, {
			...{ vocabularySize, modelDim, table, tied: tie, scale: scaleEmbedding },
			positions: isTokenPositions(positions) ? positions : undefined,
		});
		const block = blockOptions(part, { memoryDim });
		this.#blocks = Array.from(
			{ length: layers },
			(_, i) => new TransformerBlock(parameters.scope(`${i}`), `decoder/${i}`, block),
		);
		this.#norm = part.finalNorm ? makeNorm(parameters.scope("norm"), modelDim, part) : (x) => x;
		this.#kernel = tie ? undefined : parameters.add("output/kernel", [modelDim, vocabularySize]);
		this.#bias = outputBias ? parameters.add("output/bias", [vocabularySize], "zeros") : undefined;
	}

	/**
	 * Every step of a known target at once.
	 *
	 * @param ids int32 `[batch, tokens]`.
	 * @param memory `[batch, memoryLength, memoryDim]`.
	 * @returns What {@link logits} takes, `[batch, tokens, modelDim]`.
	 * @throws HeedError `SHAPE`, `DTYPE`, `VALUE`.
	 */
	run(ids: tf.Tensor2D, memory: tf.Tensor3D, call: TransformerDecoderCall = {}): tf.Tensor3D {
		const { memoryLengths, dropout } = call;
		checkTokens(`${where}.run`, ids, undefined, "target");
		this.#checkMemory(`${where}.run`, memory, memoryLengths, ids.shape[0]);
		this.checkLength(`${where}.run`, ids.shape[1]);
		return tf.tidy(() => {
			const embedded = this.#embedding.run(ids, 0, dropout); // [B, T, D]
			const options = { memory, memoryLengths, dropout };
			return this.#norm(this.#blocks.reduce((x, block) => block.run(x, options).output, embedded));
		});
	}

	/** `[..., modelDim]` to `[..., vocabulary]`. */
	logits<T extends tf.Tensor>(x: T): T {
		return tf.tidy(() => {
			const kernel = this.#kernel ?? this.#embedding.table;
			const [classes] = this.#embedding.table.shape;
			const rows = tf.reshape(x, [-1, x.shape.at(-1) ?? 0]) as tf.Tensor2D; // [N, D]
			const product = tf.matMul(rows, kernel, false, this.#kernel === undefined); // [N, V]
			const sum = this.#bias === undefined ? product : tf.add(product, this.#bias);
			return tf.reshape(sum, [...x.shape.slice(0, -1), classes]) as T;
		});
	}

	/**
	 * The state before the first token: room for `steps` tokens, and the memory projected for every layer, each row `beams`
	 * times.
	 *
	 * @param memory `[batch, memoryLength, memoryDim]`.
	 * @param lengths How many leading positions of the memory count, int32 `[batch]`. Default: all.
	 */
	start(
		memory: tf.Tensor3D,
		lengths: tf.Tensor1D | undefined,
		beams: number,
		steps: number,
	): TransformerState {
		const from = `${where}.start`;
		checkNumber(from, "beams", beams, { integer: true, min: 1 });
		checkNumber(from, "steps", steps, { integer: true, min: 1 });
		this.#checkMemory(from, memory, lengths, null);
		this.checkLength(from, steps);
		return tidied(() => {
			const rows = memory.shape[0] * beams;
			const blocks = this.#blocks.map((block) => {
				const started = block.start(rows, steps, memory);
				return { ...started, memory: repeatRows(started.memory, beams) } as TransformerBlockState;
			});
			return lengths === undefined ? { blocks } : { blocks, lengths: repeatRows(tf.clone(lengths), beams) };
		});
	}

	/** One step on the last token of every row, int32 `[rows]`. The state is used up. */
	step(tokens: tf.Tensor1D, state: TransformerState): TransformerDecoderStep {
		checkDecoderState(`${where}.step`, state, ["blocks"]);
		checkRank(`${where}.step`, "tokens", tokens, ["rows"]);
		checkDtype(`${where}.step`, "tokens", tokens, "int32");
		const cache = state.blocks[0]?.cache;
		checkShape(`${where}.step`, "tokens", tokens, ["rows"], [cache?.key.shape[0] ?? 0], "the state");
		return tidied(() => {
			const ids = tf.reshape(tokens, [-1, 1]) as tf.Tensor2D;
			let x = this.#embedding.run(ids, cache?.lengths[0] ?? 0); // [rows, 1, D]
			let alignment: tf.Tensor4D | undefined;
			const blocks = this.#blocks.map((block, i) => {
				const returnWeights = i === this.#alignmentLayer;
				const options = { memoryLengths: state.lengths, returnWeights };
				const step = block.step(x, state.blocks[i] as TransformerBlockState, options);
				x = step.output;
				if (returnWeights) alignment = step.memoryWeights;
				return step.state;
			});
			return {
				logits: tf.squeeze(this.logits(this.#norm(x)), [1]) as tf.Tensor2D, // [rows, V]
				alignment: tf.squeeze(tf.mean(alignment as tf.Tensor4D, 1), [1]) as tf.Tensor2D, // [rows, S]
				state: { ...state, blocks },
			};
		});
	}

	/** The rows `indices` of what each hypothesis has: the caches. What belongs to the source stays. */
	reorder(state: TransformerState, indices: tf.Tensor1D): TransformerState {
		checkReorder(`${where}.reorder`, state, ["blocks"], indices);
		const blocks = state.blocks.map(({ cache, ...source }) => ({
			...source,
			cache: { ...cache, key: gatherRows(cache.key, indices), value: gatherRows(cache.value, indices) },
		}));
		return { ...state, blocks };
	}

	/** Refuses more tokens than there are learned positions. */
	checkLength(from: string, length: number): void {
		this.#embedding.checkLength(from, "target", length);
	}

	#checkMemory(
		from: string,
		memory: tf.Tensor3D,
		lengths: tf.Tensor1D | undefined,
		batch: number | null,
	): void {
		const axes = ["batch", "memoryLength", "memoryDim"];
		checkShape(from, "memory", memory, axes, [batch, null, this.#memoryDim], "the decoder and its ids");
		checkDtype(from, "memory", memory, "float32");
		if (lengths !== undefined) checkLengths(from, "memoryLengths", lengths, "memory", memory);
		checkNotEmpty(from, "memory", memory, axes);
	}
}
