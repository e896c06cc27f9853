import { checkNumber, checkOptions, HeedError, learnedPositions, paddingMask } from "@heed/core";
import {
	activationByName,
	type Dense,
	type DropoutStream,
	dropoutStream,
	embed,
	makeDense,
	makeNorm,
	type Norm,
	Parameters,
	project,
	TransformerBlock,
} from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import {
	type BertBatch,
	checkBertBatch,
	checkLabels,
	type TextLabelBatch,
	type TokenLabelBatch,
} from "./bert-batch.ts";
import { type BertConfig, bertBlock, type ResolvedBertConfig, resolveBertConfig } from "./bert-config.ts";
import { sequenceLoss } from "./sequence-loss.ts";

/** What the losses of a {@link BertEncoder} accept. */
export interface BertLossOptions {
	/** Share of the target that goes evenly to all classes. Default 0. */
	readonly labelSmoothing?: number | undefined;
	/** Apply the dropout of the config, drawn from this seed: another one for every step. Default: no dropout. */
	readonly trainingSeed?: number | undefined;
}

/** The heads, as far as the config has them. */
interface Heads {
	readonly maskedLm?: { readonly dense: Dense; readonly norm: Norm; readonly bias: tf.Variable };
	readonly tokenClasses?: Dense;
	readonly pooler?: Dense;
	readonly textClasses?: Dense;
}

/**
 * Reads a whole text, every position of which sees all others: BERT.
 *
 *     x = norm(embedding[token] + segments[segment] + positions[t])
 *     x ← norm(x + attention(x));   x ← norm(x + feedForward(x))            per block
 *
 *     masked tokens    norm(gelu(x W + b)) · embeddingᵀ + c                 config `maskedLm`
 *     token classes    x W + b                                              config `tokenClasses`
 *     text classes     tanh(x_0 W + b) W' + b'                              config `pooler`, `textClasses`
 *
 * Train it with one of the losses and any optimizer over {@link weights}: first {@link maskedLmLoss} on what `maskTokens` made
 * of plain texts, then one of the others. Call {@link dispose} when it is no longer needed.
 *
 * Devlin et al. 2018, "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding",
 * https://arxiv.org/abs/1810.04805
 *
 * When not to use it: to write texts; no position may see those after it then, as in `DecoderLM`.
 */
export class BertEncoder {
	/** Every choice made, as JSON: `BertEncoder.fromConfig(model.config)` has the same shape. */
	readonly config: ResolvedBertConfig;
	readonly #parameters: Parameters;
	readonly #tables: Readonly<Record<"tokens" | "positions" | "segments", tf.Variable<tf.Rank.R2>>>;
	readonly #norm: Norm;
	readonly #blocks: readonly TransformerBlock[];
	readonly #heads: Heads;

	/** @throws HeedError `OPTION`, before any weight is made. */
	constructor(config: BertConfig) {
		this.config = resolveBertConfig(config);
		const { vocabularySize, modelDim, layers, maxLength, segmentKinds, seed } = this.config;
		const parameters = new Parameters({ seed });
		this.#parameters = parameters;
		this.#tables = {
			tokens: parameters.add("embedding", [vocabularySize, modelDim], "smallNormal"),
			positions: parameters.add("positions", [maxLength, modelDim], "smallNormal"),
			segments: parameters.add("segments", [segmentKinds, modelDim], "smallNormal"),
		};
		this.#norm = makeNorm(parameters.scope("embedding_norm"), modelDim, this.config);
		this.#blocks = Array.from({ length: layers }, (_, i) => {
			const name = `blocks/${i}`;
			return new TransformerBlock(parameters.scope(name), name, bertBlock(this.config));
		});
		this.#heads = makeHeads(parameters, this.config);
	}

	/** A model with fresh weights from a config, for instance one that was saved. */
	static fromConfig(config: BertConfig): BertEncoder {
		return new BertEncoder(config);
	}

	/** Every weight by its name, for optimizers, checkpoints and imports. All are trainable. */
	get weights(): ReadonlyMap<string, tf.Variable> {
		return this.#parameters.variables;
	}

	/**
	 * One vector per token, `[batch, length, modelDim]`; those of invalid tokens mean nothing. Under `captureAttention` each block
	 * records its weights, `['batch', 'heads', 'query', 'key']`.
	 *
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`; `VALUE` for more tokens than `maxLength`, and on backends that compute in
	 *   plain memory (cpu, wasm, tensorflow) for ids, segments and lengths out of their ranges.
	 */
	encode(ids: tf.Tensor2D, options: Omit<BertBatch, "ids"> = {}): tf.Tensor3D {
		checkOptions("BertEncoder.encode", options, ["lengths", "mask", "segments"]);
		this.#parameters.checkAlive("BertEncoder.encode");
		checkBertBatch("BertEncoder.encode", { ...options, ids }, this.config);
		return tf.tidy(() => this.#encode({ ...options, ids }));
	}

	/** What the first token says of the whole text, `tanh(x_0 W + b)`, `[batch, modelDim]`. @throws HeedError as {@link encode}. */
	pooled(batch: BertBatch): tf.Tensor2D {
		return this.#run("pooled", "pooler", batch, (x) => this.#pool(x));
	}

	/** The scores of every class for every token, `[batch, length, tokenClasses]`. @throws HeedError as {@link encode}. */
	tokenLogits(batch: BertBatch): tf.Tensor3D {
		return this.#run("tokenLogits", "tokenClasses", batch, (x) => this.#tokenLogits(x));
	}

	/** The scores of every id for every token, `[batch, length, vocabularySize]`. @throws HeedError as {@link encode}. */
	maskedLmLogits(batch: BertBatch): tf.Tensor3D {
		return this.#run("maskedLmLogits", "maskedLm", batch, (x) => this.#maskedLmLogits(x));
	}

	/** The scores of every class for every text, `[batch, textClasses]`. @throws HeedError as {@link encode}. */
	textLogits(batch: BertBatch): tf.Tensor2D {
		return this.#run("textLogits", "textClasses", batch, (x) => this.#textLogits(x));
	}

	/** The mean cross entropy of the classes of tokens, over those that are valid and have a label. @throws HeedError as {@link encode}. */
	tokenLoss(batch: TokenLabelBatch, options: BertLossOptions = {}): tf.Scalar {
		const { tokenClasses } = this.config;
		return this.#loss("tokenLoss", "tokenClasses", batch, options, tokenClasses, (x, dropout) =>
			this.#tokenLogits(dropout.drop(x)),
		);
	}

	/**
	 * The mean cross entropy of the tokens that were masked, for instance by `maskTokens`: those with a label.
	 *
	 * @throws HeedError as {@link encode}.
	 */
	maskedLmLoss(batch: TokenLabelBatch, options: BertLossOptions = {}): tf.Scalar {
		const { vocabularySize } = this.config;
		return this.#loss("maskedLmLoss", "maskedLm", batch, options, vocabularySize, (x) =>
			this.#maskedLmLogits(x),
		);
	}

	/** The mean cross entropy of the classes of texts. @throws HeedError as {@link encode}. */
	textLoss(batch: TextLabelBatch, options: BertLossOptions = {}): tf.Scalar {
		const { textClasses } = this.config;
		return this.#loss("textLoss", "textClasses", batch, options, textClasses, (x, dropout) =>
			this.#textLogits(x, dropout),
		);
	}

	/** Frees the weights. */
	dispose(): void {
		this.#parameters.dispose();
	}

	#run<T extends tf.Tensor>(
		method: string,
		head: keyof Heads,
		batch: BertBatch,
		predict: (x: tf.Tensor3D) => T,
	): T {
		const where = `BertEncoder.${method}`;
		this.#checkHead(where, head);
		this.#parameters.checkAlive(where);
		checkBertBatch(where, batch, this.config);
		return tf.tidy(() => predict(this.#encode(batch)));
	}

	#loss(
		method: string,
		head: keyof Heads,
		batch: TokenLabelBatch | TextLabelBatch,
		options: BertLossOptions,
		classes: number,
		predict: (x: tf.Tensor3D, dropout: DropoutStream) => tf.Tensor,
	): tf.Scalar {
		const where = `BertEncoder.${method}`;
		this.#checkHead(where, head);
		checkOptions(where, options, ["labelSmoothing", "trainingSeed"]);
		const { labelSmoothing = 0, trainingSeed } = options;
		checkNumber(where, "labelSmoothing", labelSmoothing, { min: 0, max: 1 });
		if (trainingSeed !== undefined)
			checkNumber(where, "trainingSeed", trainingSeed, { integer: true, min: 0 });
		this.#parameters.checkAlive(where);
		checkBertBatch(where, batch, this.config);
		checkLabels(where, batch, head === "textClasses" ? "text" : "token", classes);
		return tf.tidy(() => {
			const dropout = dropoutStream(this.config.dropout, trainingSeed);
			const logits: tf.Tensor2D = tf.reshape(predict(this.#encode(batch, dropout), dropout), [-1, classes]);
			const labels = tf.reshape(batch.labels as tf.Tensor, [batch.labels.size]) as tf.Tensor1D;
			if (head === "textClasses") return sequenceLoss(logits, labels, { labelSmoothing });
			const labelled = tf.greaterEqual(labels, tf.scalar(0, "int32"));
			const valid = validTokens(batch);
			const counts = valid === undefined ? labelled : tf.logicalAnd(labelled, tf.reshape(valid, [-1]));
			return sequenceLoss(logits, labels, {
				live: tf.cast(counts, "float32") as tf.Tensor1D,
				labelSmoothing,
			});
		});
	}

	#checkHead(where: string, head: keyof Heads): void {
		if (this.#heads[head] !== undefined) return;
		const message = `the model has no such head. Make it with \`${head}\` in its config.`;
		throw new HeedError("OPTION", where, message);
	}

	#encode(batch: BertBatch, dropout?: DropoutStream): tf.Tensor3D {
		const { ids, segments } = batch;
		const { tokens, positions, segments: kinds } = this.#tables;
		const [rows, length] = ids.shape;
		const kind = segments === undefined ? tf.slice(kinds, [0, 0], [1, -1]) : embed(kinds, segments);
		const places = tf.add(learnedPositions(positions, length), kind); // [T, D] or [B, T, D]
		const embedded = this.#norm(tf.add(embed(tokens, ids), places) as tf.Tensor3D); // [B, T, D]
		const valid = validTokens(batch);
		const mask: tf.Tensor4D | undefined = valid && tf.reshape(valid, [rows, 1, 1, length]);
		return this.#blocks.reduce(
			(x, block) => block.run(x, { mask, dropout }).output,
			dropout === undefined ? embedded : dropout.drop(embedded),
		);
	}

	#tokenLogits(x: tf.Tensor3D): tf.Tensor3D {
		return (this.#heads.tokenClasses as Dense)(x);
	}

	#maskedLmLogits(x: tf.Tensor3D): tf.Tensor3D {
		const { dense, norm, bias } = this.#heads.maskedLm as Required<Heads>["maskedLm"];
		const activation = activationByName("BertEncoder", this.config.activation);
		return project(norm(activation(dense(x))), tf.transpose(this.#tables.tokens), bias);
	}

	#pool(x: tf.Tensor3D): tf.Tensor2D {
		const [rows, , size] = x.shape;
		const first: tf.Tensor2D = tf.reshape(tf.slice(x, [0, 0, 0], [rows, 1, size]), [rows, size]);
		return tf.tanh((this.#heads.pooler as Dense)(first));
	}

	#textLogits(x: tf.Tensor3D, dropout?: DropoutStream): tf.Tensor2D {
		const pooled = this.#pool(x);
		return (this.#heads.textClasses as Dense)(dropout === undefined ? pooled : dropout.drop(pooled));
	}
}

/** Which tokens are valid, bool `[batch, length]`, if not all are. */
function validTokens({ ids, lengths, mask }: BertBatch): tf.Tensor2D | undefined {
	return lengths === undefined ? mask : paddingMask(lengths, ids.shape[1]);
}

function makeHeads(parameters: Parameters, config: ResolvedBertConfig): Heads {
	const { vocabularySize, modelDim: inputSize, tokenClasses, textClasses } = config;
	const dense = (path: string, outputSize: number): Dense =>
		makeDense(parameters.scope(path), { inputSize, outputSize, initializer: "smallNormal" });
	return {
		...(config.maskedLm && {
			maskedLm: {
				dense: dense("masked_lm/dense", inputSize),
				norm: makeNorm(parameters.scope("masked_lm/norm"), inputSize, config),
				bias: parameters.add("masked_lm/bias", [vocabularySize], "zeros"),
			},
		}),
		...(tokenClasses > 0 && { tokenClasses: dense("token_classes", tokenClasses) }),
		...(config.pooler && { pooler: dense("pooler", inputSize) }),
		...(textClasses > 0 && { textClasses: dense("text_classes", textClasses) }),
	};
}
