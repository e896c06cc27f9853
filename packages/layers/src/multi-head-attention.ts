import {
	checkNumber,
	checkShape,
	describeShape,
	HeedError,
	mergeHeads,
	scaledDotProductAttention,
	splitHeads,
} from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { LayerVariable, Shape } from "@tensorflow/tfjs-layers";
import { AttentionLayer, type AttentionLayerArgs, type CallOptions } from "./attention-layer.ts";
import { seedFor } from "./seed.ts";

const where = "multiHeadAttention";

const ownArguments = [
	...["numHeads", "keyDim", "valueDim", "numKeyValueHeads", "outputDim", "useBias", "dropout", "causal"],
];

/** Arguments of {@link multiHeadAttention}. */
export interface MultiHeadAttentionArgs extends AttentionLayerArgs {
	/** Number of query heads. */
	readonly numHeads: number;
	/** Features per head of query and key. Default: the query's features / `numHeads`, which must be whole. */
	readonly keyDim?: number;
	/** Features per head of the value. Default: `keyDim`. */
	readonly valueDim?: number;
	/** Number of key/value heads, a divisor of `numHeads`: fewer is grouped-query attention. Default: `numHeads`. */
	readonly numKeyValueHeads?: number;
	/** Features of the output. Default: the query's. */
	readonly outputDim?: number;
	/** Add a bias in each projection. Default true. */
	readonly useBias?: boolean;
	/** Share of the weights that `fit` drops. Default 0. */
	readonly dropout?: number;
	/** Let a query attend to its own position and earlier ones only. Default false. */
	readonly causal?: boolean;
}

/** One projection: `x kernel + bias`. */
interface Projection {
	readonly kernel: LayerVariable;
	readonly bias: LayerVariable | undefined;
}

/**
 * Multi-head attention as a `tf.layers` layer.
 *
 *     Q = query Wq + bq     K = key Wk + bk     V = value Wv + bv          cut into heads
 *     output = concat over heads of softmax(Q Kᵀ / sqrt(keyDim)) V, times Wo, plus bo
 *
 * Glossary: B batch, Tq queries, Tk keys, D features, H heads, Hk key/value heads, dk `keyDim`, dv `valueDim`.
 *
 * Inputs, in this order (Keras takes the value before the key):
 * - `x` `[B, T, D]`: self-attention
 * - `[query, memory]`: `memory` is key and value
 * - `[query, key, value]`: `[B, Tq, D]`, `[B, Tk, Dk]`, `[B, Tk, Dv]`
 * - and last, if there is one, a mask of type bool, true = attend: `[B, Tk]`, `[B, Tq, Tk]` or `[B, H | 1, Tq | 1, Tk]`
 *
 * Output: `[B, Tq, outputDim]`; with `returnAttention` also the weights `[B, H, Tq, Tk]`, before dropout.
 *
 * Weights: `query/kernel` `[D, H·dk]`, `key/kernel` `[Dk, Hk·dk]`, `value/kernel` `[Dv, Hk·dv]`,
 * `attention_output/kernel` `[H·dv, outputDim]`, and a `bias` beside each. They are Keras' with the head axes merged:
 * `[D, H, dk]` is reshaped, not permuted.
 *
 * Vaswani et al., "Attention Is All You Need", 2017, https://arxiv.org/abs/1706.03762; grouped heads: Ainslie et al.,
 * "GQA", 2023, https://arxiv.org/abs/2305.13245.
 *
 * @throws HeedError at construction, build or call, when sizes do not fit.
 */
export class MultiHeadAttention extends AttentionLayer {
	static readonly className = "HeedMultiHeadAttention";

	private readonly args: MultiHeadAttentionArgs;
	private readonly numKeyValueHeads: number;
	private projections: Record<"query" | "key" | "value" | "output", Projection> | undefined;
	/**
	 * How many calls have dropped weights so far; the next one's dropout depends on it and on the seed. A run that goes on
	 * from a checkpoint sets it to where the first one stopped.
	 */
	dropoutStep = 0;

	constructor(args: MultiHeadAttentionArgs) {
		super(args, ownArguments);
		const { numHeads, keyDim, valueDim, outputDim, numKeyValueHeads = numHeads, dropout } = args;
		checkNumber(where, "numHeads", numHeads, { integer: true, min: 1 });
		checkNumber(where, "numKeyValueHeads", numKeyValueHeads, { integer: true, min: 1 });
		for (const [name, size] of Object.entries({ keyDim, valueDim, outputDim })) {
			if (size !== undefined) checkNumber(where, name, size, { integer: true, min: 1 });
		}
		if (dropout !== undefined) checkNumber(where, "dropout", dropout, { min: 0, below: 1 });
		if (numHeads % numKeyValueHeads !== 0) {
			throw new HeedError(
				"OPTION",
				where,
				`\`numHeads\` ${numHeads} is not a multiple of \`numKeyValueHeads\` ${numKeyValueHeads}. Use ${listDivisors(numHeads)} key/value heads.`,
			);
		}
		this.args = args;
		this.numKeyValueHeads = numKeyValueHeads;
	}

	override build(inputShape: Shape | Shape[]): void {
		const [query, key, value] = this.featureSizes(inputShape);
		const { numHeads } = this.args;
		const { keyDim, valueDim, outputDim } = this.sizes(query);
		const project = (path: string, inputs: number, outputs: number): Projection => ({
			kernel: this.addSeededWeight(`${path}/kernel`, [inputs, outputs]),
			bias:
				this.args.useBias === false ? undefined : this.addSeededWeight(`${path}/bias`, [outputs], "zeros"),
		});
		this.projections = {
			query: project("query", query, numHeads * keyDim),
			key: project("key", key, this.numKeyValueHeads * keyDim),
			value: project("value", value, this.numKeyValueHeads * valueDim),
			output: project("attention_output", numHeads * valueDim, outputDim),
		};
		super.build(inputShape);
	}

	override call(inputs: tf.Tensor | tf.Tensor[], { training }: CallOptions): tf.Tensor | tf.Tensor[] {
		return tf.tidy(() => {
			const { tensors, mask } = this.splitInputs(inputs);
			this.checkCall(tensors, mask);
			const [query, key = query, value = key] = tensors as tf.Tensor3D[];
			if (this.projections === undefined || query === undefined)
				throw new Error(`${this.name} was not built.`);
			const attached = mask ?? this.attachedMask(key as tf.Tensor);
			const options = {
				causal: this.args.causal === true,
				...(attached === undefined ? {} : { mask: this.rank4Mask(tf.cast(attached, "bool")) }),
				...(training && this.args.dropout ? { dropout: this.nextDropout(this.args.dropout) } : {}),
			};
			const heads = [
				splitHeads(project(query, this.projections.query), this.args.numHeads),
				splitHeads(project(key as tf.Tensor3D, this.projections.key), this.numKeyValueHeads),
				splitHeads(project(value as tf.Tensor3D, this.projections.value), this.numKeyValueHeads),
			] as const; // [B, H, Tq, dk], [B, Hk, Tk, dk], [B, Hk, Tk, dv]
			const finish = (output: tf.Tensor4D): tf.Tensor3D =>
				project(mergeHeads(output), (this.projections as NonNullable<typeof this.projections>).output);
			if (!this.wantsWeights) return finish(scaledDotProductAttention(...heads, options));
			const { output, weights } = scaledDotProductAttention(...heads, { ...options, returnWeights: true });
			const meta = { causal: options.causal };
			this.record({ kind: "multiHeadAttention", axes: ["batch", "heads", "query", "key"], weights, meta });
			return this.returnAttention ? [finish(output), weights] : finish(output);
		});
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const shapes = this.shapeList(inputShape);
		const query = shapes[0] as Shape;
		const key = shapes[1] ?? query;
		const features = query.at(-1);
		const outputDim = this.args.outputDim ?? features ?? null;
		const output = [query[0] ?? null, query[1] ?? null, outputDim];
		if (!this.returnAttention) return output;
		return [output, [query[0] ?? null, this.args.numHeads, query[1] ?? null, key[1] ?? null]];
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { numHeads, keyDim, valueDim, numKeyValueHeads, outputDim, useBias, dropout, causal } = this.args;
		const own = { numHeads, keyDim, valueDim, numKeyValueHeads, outputDim, useBias, dropout, causal };
		const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
		return { ...super.getConfig(), ...(given as tf.serialization.ConfigDict) };
	}

	/** The last axis of query, key and value. */
	private featureSizes(inputShape: Shape | Shape[]): [query: number, key: number, value: number] {
		const shapes = this.shapeList(inputShape);
		if (shapes.length > 3) {
			throw new HeedError(
				"SHAPE",
				where,
				`${shapes.length} inputs; expected [query], [query, memory] or [query, key, value], and after them a mask of type bool.`,
			);
		}
		const sizes = shapes.map((shape, i) => {
			const name = ["query", "key", "value"][i];
			const size = shape.at(-1);
			if (shape.length === 3 && typeof size === "number") return size;
			throw new HeedError(
				"SHAPE",
				where,
				`${name} [${shape.map((axis) => axis ?? "?").join(", ")}] has rank ${shape.length}; expected rank 3: [batch, length, features] with known features. A mask must be of type bool.`,
			);
		});
		const [query = 0, key = query, value = key] = sizes;
		return [query, key, value];
	}

	private sizes(modelDim: number): { keyDim: number; valueDim: number; outputDim: number } {
		const { numHeads, keyDim = modelDim / numHeads, outputDim = modelDim } = this.args;
		if (!Number.isInteger(keyDim)) {
			throw new HeedError(
				"OPTION",
				where,
				`\`modelDim\` ${modelDim} is not divisible by \`numHeads\` ${numHeads}. Use ${listDivisors(modelDim)} heads, or give \`keyDim\`.`,
			);
		}
		return { keyDim, valueDim: this.args.valueDim ?? keyDim, outputDim };
	}

	/** Refuses what does not fit before anything is computed: a refusal in the middle would leave tensors on a tape. */
	private checkCall(tensors: readonly tf.Tensor[], mask: tf.Tensor | undefined): void {
		const [query, key = query, value = key] = tensors;
		if (query === undefined || key === undefined || value === undefined) return;
		const [batch = 0, queryLength = 0] = query.shape;
		const keyLength = key.shape[1] ?? 0;
		const came = describeShape("query", query.shape, ["batch", "queryLength", "features"]);
		checkShape(where, "key", key, ["batch", "keyLength", "features"], [batch, null, null], came);
		const keys = describeShape("key", key.shape, ["batch", "keyLength", "features"]);
		checkShape(where, "value", value, ["batch", "keyLength", "features"], [batch, keyLength, null], keys);
		if (mask === undefined) return;
		const axes = ["batch", "heads", "queryLength", "keyLength"];
		const sizes = [batch, this.args.numHeads, queryLength, keyLength];
		const rank = mask.shape.length;
		const used = rank === 2 ? [0, 3] : rank === 3 ? [0, 2, 3] : [0, 1, 2, 3];
		const fits = rank === used.length && used.every((axis, i) => [1, sizes[axis]].includes(mask.shape[i]));
		if (fits) return;
		const expected = [
			[0, 3],
			[0, 2, 3],
			[0, 1, 2, 3],
		].map((some) => `[${some.map((axis) => `${axes[axis]} ${sizes[axis]}`).join(", ")}]`);
		throw new HeedError(
			"SHAPE",
			where,
			`${describeShape(
				"mask",
				mask.shape,
				used.map((axis) => axes[axis] ?? ""),
			)} does not fit: expected ${expected.join(" or ")}, where any size may be 1.`,
		);
	}

	/** `[B, Tk]`, `[B, Tq, Tk]` or rank 4, as rank 4. */
	private rank4Mask(mask: tf.Tensor): tf.Tensor4D {
		const [batch = 1, rows = 1, columns = 1] = mask.shape;
		if (mask.rank === 2) return tf.reshape(mask, [batch, 1, 1, rows]);
		return mask.rank === 3 ? tf.reshape(mask, [batch, 1, rows, columns]) : (mask as tf.Tensor4D);
	}

	/** Another seed for every call, or the same weights would be dropped each time. */
	private nextDropout(rate: number): { rate: number; seed: number } {
		return { rate, seed: seedFor(this.seed, `dropout/${this.dropoutStep++}`) };
	}
}
tf.serialization.registerClass(MultiHeadAttention);

/**
 * Makes a {@link MultiHeadAttention} layer.
 *
 * @example
 * const x = tf.input({ shape: [null, 64] });
 * const y = multiHeadAttention({ numHeads: 4, causal: true }).apply(x);
 */
export function multiHeadAttention(args: MultiHeadAttentionArgs): MultiHeadAttention {
	return new MultiHeadAttention(args);
}

/** `x kernel + bias` over the last axis. As one product of rank 2: the host's gradient of mixed ranks is wrong. */
function project(x: tf.Tensor3D, { kernel, bias }: Projection): tf.Tensor3D {
	const [batch, length, features] = x.shape;
	const weights = kernel.read() as tf.Tensor2D;
	const flat = tf.matMul(tf.reshape(x, [batch * length, features]), weights); // [B·T, out]
	const shifted = bias === undefined ? flat : tf.add(flat, bias.read());
	return tf.reshape(shifted, [batch, length, weights.shape[1]]); // [B, T, out]
}

/** `1, 2, 5 or 10` for 10. */
function listDivisors(size: number): string {
	const divisors = Array.from({ length: size }, (_, i) => i + 1).filter((n) => size % n === 0);
	return divisors.length === 1 ? "1" : `${divisors.slice(0, -1).join(", ")} or ${divisors.at(-1)}`;
}
