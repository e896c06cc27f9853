import { checkFlag, checkShape, describeShape, HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { AttentionLayer, type AttentionLayerArgs } from "../attention-layer.ts";
import { givenOptions } from "../given-options.ts";
import { checkFeatures } from "../ops/check-features.ts";
import { knownSize } from "../ops/known-size.ts";
import { seedFor } from "../seed.ts";
import type { CallOptions } from "../seeded-layer.ts";
import { checkAttentionMask, rank4Mask } from "./attention-mask.ts";
import { MultiHeadBlock } from "./multi-head-block.ts";
import {
	checkMultiHeadOptions,
	headSizes,
	type MultiHeadOptions,
	multiHeadOptionNames,
} from "./multi-head-options.ts";

const where = "multiHeadAttention";

/** Arguments of {@link multiHeadAttention}. */
export interface MultiHeadAttentionArgs extends AttentionLayerArgs, MultiHeadOptions {
	/**
	 * Which input is a mask whatever its type, where what is not 0 may be attended to, as in Keras: `true` the fourth, after query, key
	 * and value; `last` the last one of several, in every call. Default false: only what is bool is a mask.
	 */
	readonly maskInput?: boolean | "last" | undefined;
}

const argumentNames = [...multiHeadOptionNames, "maskInput"] as const;

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
 * - and last, if there is one, a mask of type bool, true = attend: `[B, Tk]`, `[B, Tq, Tk]` or `[B, H | 1, Tq | 1, Tk]`;
 *   what is float32 is never taken for one, so a mask of zeros and ones has to be cast to bool, or stand where
 *   `maskInput` says
 *
 * Output: `[B, Tq, outputDim]`; with `returnAttention` also the weights `[B, H, Tq, Tk]`, before dropout.
 *
 * Weights: `query/kernel` `[D, H·dk]`, `key/kernel` `[Dk, Hk·dk]`, `value/kernel` `[Dv, Hk·dv]`,
 * `attention_output/kernel` `[H·dv, outputDim]`, and a `bias` beside each, in this order. They are Keras' with the head
 * axes merged: `[D, H, dk]` is reshaped, not permuted. Others as in {@link MultiHeadBlock}.
 *
 * Keys and values where the mask lets no query look may be anything, NaN too. A query is always read: NaN in one that is
 * padding is NaN in its row of the output and in the gradients of the weights.
 *
 * Vaswani et al., "Attention Is All You Need", 2017, https://arxiv.org/abs/1706.03762; grouped heads: Ainslie et al.,
 * "GQA", 2023, https://arxiv.org/abs/2305.13245.
 *
 * When not to use it: in a model that decodes step by step, for which {@link MultiHeadBlock} has caches; where nothing is to be
 * projected, as in {@link DotAttention}.
 *
 * @throws HeedError `OPTION` at construction; `SHAPE`, `DTYPE` at build or call.
 */
export class MultiHeadAttention extends AttentionLayer {
	static readonly className = "HeedMultiHeadAttention";

	private readonly args: MultiHeadAttentionArgs;
	private block: MultiHeadBlock | undefined;
	/** The features of query, key and value, which the weights are made for. */
	private sizes: readonly [query: number | null, key: number | null, value: number | null] = [
		null,
		null,
		null,
	];
	/**
	 * How many calls have dropped weights so far; the next one's dropout depends on it and on the seed. A run that goes on
	 * from a checkpoint sets it to where the first one stopped.
	 */
	dropoutStep = 0;

	constructor(args: MultiHeadAttentionArgs) {
		super(args, argumentNames);
		checkMultiHeadOptions(where, args);
		if (args.maskInput !== undefined && args.maskInput !== "last")
			checkFlag(where, "maskInput", args.maskInput);
		this.args = args;
	}

	override build(inputShape: Shape | Shape[]): void {
		const [querySize, keySize, valueSize] = this.featureSizes(inputShape);
		headSizes(where, this.args, querySize); // refuses before any weight is made
		this.sizes = [querySize, keySize, valueSize];
		const sizes = { querySize, keySize, valueSize };
		this.block = new MultiHeadBlock(this.parameterScope(), {
			...givenOptions<MultiHeadOptions, keyof MultiHeadOptions>(this.args, multiHeadOptionNames),
			...sizes,
			name: this.name,
			where,
		});
		super.build(inputShape);
	}

	protected override checkInputs(inputs: tf.Tensor[]): void {
		const { tensors, mask } = this.splitInputs(inputs);
		this.checkCall(tensors, mask);
	}

	override call(inputs: tf.Tensor | tf.Tensor[], { training }: CallOptions): tf.Tensor | tf.Tensor[] {
		return tf.tidy(() => {
			this.checkInputs([inputs].flat());
			const { tensors, mask } = this.splitInputs(inputs);
			const [query, key = query, value = key] = tensors as [tf.Tensor3D, ...tf.Tensor3D[]];
			if (this.block === undefined)
				throw new HeedError("VALUE", where, "the layer is not built yet. Call `apply` first.");
			const attached = this.joinedMask(mask, key);
			const { output, weights } = this.block.attend(query, key, value, {
				...(attached !== undefined && { mask: rank4Mask(attached) }),
				...(training && this.args.dropout && { dropoutSeed: this.nextDropoutSeed() }),
				returnWeights: this.returnAttention,
			});
			return this.returnAttention ? [output, weights as tf.Tensor4D] : output;
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
		const own = givenOptions<MultiHeadAttentionArgs, (typeof argumentNames)[number]>(
			this.args,
			argumentNames,
		);
		return { ...super.getConfig(), ...(own as unknown as tf.serialization.ConfigDict) };
	}

	protected override endsWithMask(inputs: readonly { readonly dtype: tf.DataType }[]): boolean {
		const { maskInput = false } = this.args;
		if (maskInput === "last" ? inputs.length > 1 : maskInput && inputs.length === 4) return true;
		return super.endsWithMask(inputs);
	}

	/** The last axis of query, key and value. */
	private featureSizes(inputShape: Shape | Shape[]): [query: number, key: number, value: number] {
		const shapes = this.shapeList(inputShape);
		checkCount(shapes.length);
		const sizes = shapes.map((shape, i) => {
			const name = ["query", "key", "value"][i] as string;
			return knownSize(where, name, shape, ["batch", "length", "features"], " A mask must be of type bool.");
		});
		const [query = 0, key = query, value = key] = sizes;
		return [query, key, value];
	}

	/** Refuses what does not fit before anything is computed: a refusal in the middle would leave tensors on a tape. */
	private checkCall(tensors: readonly tf.Tensor[], mask: tf.Tensor | undefined): void {
		checkCount(tensors.length);
		const [query, key = query, value = key] = tensors;
		if (query === undefined || key === undefined || value === undefined) return;
		const [batch = 0, queryLength = 0] = query.shape;
		const keyLength = key.shape[1] ?? 0;
		const [asks, answers] = ["queryLength", "keyLength"].map((length) => ["batch", length, "features"]) as [
			string[],
			string[],
		];
		const sized = (name: string, x: tf.Tensor, axes: string[], size: number | null): void =>
			checkShape(where, name, x, axes, [null, null, size], "the weights");
		checkFeatures(where, "query", query, asks);
		sized("query", query, asks, this.sizes[0]);
		const came = describeShape("query", query.shape, asks);
		for (const [i, x] of tensors.entries()) {
			if (i > 0 && x.rank !== 3) throw notRank3(i, x.shape, "[batch, keyLength, features]");
		}
		checkFeatures(where, "key", key, answers, [batch, null, null], came);
		sized("key", key, answers, this.sizes[1]);
		const keys = `${describeShape("key", key.shape, answers)} (a mask must be of type bool)`;
		checkFeatures(where, "value", value, answers, [batch, keyLength, null], keys);
		sized("value", value, answers, this.sizes[2]);
		if (mask !== undefined) {
			checkAttentionMask(where, mask, { batch, heads: this.args.numHeads, queryLength, keyLength });
		}
	}

	/** Another seed for every call, or the same weights would be dropped each time. */
	private nextDropoutSeed(): number {
		return seedFor(this.seed, `dropout/${this.dropoutStep++}`);
	}
}
tf.serialization.registerClass(MultiHeadAttention);

/** What is said of a query, key or value that may have been meant for a mask. */
function notRank3(input: number, shape: Shape, expected: string): HeedError {
	const came = `${["query", "key", "value"][input]} [${shape.map((axis) => axis ?? "?").join(", ")}]`;
	const message = `${came} has rank ${shape.length}; expected rank 3: ${expected}. A mask must be of type bool.`;
	return new HeedError("SHAPE", where, message);
}

function checkCount(count: number): void {
	if (count <= 3) return;
	const message = `${count} inputs came that are no mask; expected [query], [query, memory] or [query, key, value], and after them a mask of type bool.`;
	throw new HeedError("SHAPE", where, message);
}

/**
 * Makes a {@link MultiHeadAttention} layer: formula, inputs and weights stand there.
 *
 * `x` `[B, T, D]`, or `[query, key, value]` and a mask, to `[B, Tq, outputDim]`.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762
 *
 * When not to use it: for steps with a cache, see {@link MultiHeadBlock}.
 *
 * @throws HeedError `OPTION`.
 *
 * @example
 * const x = tf.input({ shape: [null, 64] });
 * const y = multiHeadAttention({ numHeads: 4, causal: true }).apply(x);
 */
export function multiHeadAttention(args: MultiHeadAttentionArgs): MultiHeadAttention {
	return new MultiHeadAttention(args);
}
