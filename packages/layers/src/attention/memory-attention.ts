import { checkNumber, checkShape, describeShape, HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { AttentionLayer, type AttentionLayerArgs } from "../attention-layer.ts";
import { checkAttentionMask, rank4Mask } from "../multi-head/attention-mask.ts";
import { liveKeys } from "../multi-head/live-keys.ts";
import { checkFeatures } from "../ops/check-features.ts";
import { knownSize } from "../ops/known-size.ts";
import { seedFor } from "../seed.ts";
import type { CallOptions } from "../seeded-layer.ts";

/** Arguments of the layers with one head. */
export interface MemoryAttentionArgs extends AttentionLayerArgs {
	/** Share of the weights that `fit` drops. Default 0. */
	readonly dropout?: number;
}

/** What a call is asked to do. */
export interface MemoryAttentionCall {
	/** `[batch, queryLength, queryFeatures]`. */
	readonly query: tf.Tensor3D;
	/** `[batch, keyLength, keyFeatures]`. */
	readonly key: tf.Tensor3D;
	/** `[batch, keyLength, valueFeatures]`. */
	readonly value: tf.Tensor3D;
	/** Bool `[batch, 1, queryLength | 1, keyLength]`. */
	readonly mask: tf.Tensor4D | undefined;
	/** Share of the weights to drop, and by which seed; only in training. */
	readonly dropout: { readonly rate: number; readonly seed: number } | undefined;
}

/**
 * The base of the layers with one head: inputs, masks, output shapes. Inputs: `[query, memory]` or `[query, key, value]`,
 * `[batch, queryLength, …]` and `[batch, keyLength, …]`, or `[x]` alone, whose positions look at each other; and last, if
 * wanted, a mask of type bool, true = attend: `[batch, keyLength]` or `[batch, queryLength, keyLength]`. Output `[batch, queryLength, valueFeatures]`; with
 * `returnAttention` also the weights `[batch, queryLength, keyLength]`, before dropout.
 *
 * Keys and values where the mask lets no query look may be anything, NaN too. What is float32 is never taken for a mask: one of
 * zeros and ones has to be cast to bool.
 *
 * When not to extend it: for several heads, see {@link MultiHeadAttention}; to attend step by step, as a decoder does, see
 * `ScoreAttention` of `@heed/nlp`.
 *
 * @throws HeedError `OPTION` at construction; `SHAPE`, `DTYPE` at build or call.
 */
export abstract class MemoryAttention extends AttentionLayer {
	/** What its records are called. */
	protected abstract readonly kind: string;
	protected readonly dropout: number;
	/** How many calls have dropped weights so far; the next one's dropout depends on it and on the seed. */
	dropoutStep = 0;

	constructor(args: MemoryAttentionArgs, known: readonly string[]) {
		super(args, [...known, "dropout"]);
		const { dropout = 0 } = args;
		checkNumber(this.where, "dropout", dropout, { min: 0, below: 1 });
		this.dropout = dropout;
	}

	/** The output `[B, Tq, Dv]`, and where weights are wanted those too, `[B, Tq, Tk]`. */
	protected abstract attend(call: MemoryAttentionCall): {
		readonly output: tf.Tensor3D;
		readonly weights?: tf.Tensor3D;
	};

	/** The features of query and key that the weights are made for; `null` for any, then those of the query. */
	protected get builtFor(): readonly [query: number | null, key: number | null] {
		return [null, null];
	}

	protected override checkInputs(inputs: tf.Tensor[]): void {
		const { tensors, mask } = this.splitInputs(inputs);
		const [query, key = query, value = key, ...rest] = tensors as tf.Tensor3D[];
		if (query === undefined || key === undefined || value === undefined || rest.length > 0) {
			const message = `${tensors.length} inputs; expected [x], [query, memory] or [query, key, value], and after them a mask of type bool.`;
			throw new HeedError("SHAPE", this.where, message);
		}
		this.checkCall(query, key, value, mask);
	}

	override call(inputs: tf.Tensor | tf.Tensor[], { training }: CallOptions): tf.Tensor | tf.Tensor[] {
		this.checkInputs([inputs].flat());
		const { tensors, mask } = this.splitInputs(inputs);
		const [query, key = query, value = key] = tensors as [tf.Tensor3D, tf.Tensor3D?, tf.Tensor3D?];
		return tf.tidy(() => {
			const attached = this.joinedMask(mask, key);
			const seen = attached && rank4Mask(attached);
			const keys = liveKeys(key, { mask: seen });
			const values = value === key ? keys : liveKeys(value, { mask: seen });
			const drops = training && this.dropout > 0;
			const { output, weights } = this.attend({
				...{ query, key: keys, value: values, mask: seen },
				dropout: drops
					? { rate: this.dropout, seed: seedFor(this.seed, `dropout/${this.dropoutStep++}`) }
					: undefined,
			});
			if (weights !== undefined) this.record({ kind: this.kind, axes: ["batch", "query", "key"], weights });
			return this.returnAttention ? [output, weights as tf.Tensor3D] : output;
		});
	}

	/** Features of query and key, which `build` needs. */
	protected featureSizes(inputShape: Shape | Shape[]): [query: number, key: number] {
		const [query = [], key = query] = this.shapeList(inputShape);
		const axes = ["batch", "length", "features"];
		const hint = " A mask must be of type bool.";
		return [knownSize(this.where, "query", query, axes, hint), knownSize(this.where, "key", key, axes, hint)];
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const [query = [], key = query, value = key] = this.shapeList(inputShape);
		const output = [query[0] ?? null, query[1] ?? null, value[2] ?? null];
		return this.returnAttention ? [output, [query[0] ?? null, query[1] ?? null, key[1] ?? null]] : output;
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), dropout: this.dropout };
	}

	private checkCall(query: tf.Tensor, key: tf.Tensor, value: tf.Tensor, mask?: tf.Tensor): void {
		const { where } = this;
		const [batch = 0, queryLength = 0] = query.shape;
		const keyLength = key.shape[1] ?? 0;
		const axes = ["batch", "keyLength", "features"];
		const asks = ["batch", "queryLength", "features"];
		const [querySize, keySize] = this.builtFor;
		checkFeatures(where, "query", query, asks);
		checkShape(where, "query", query, asks, [null, null, querySize], "the weights");
		const asked = describeShape("query", query.shape, asks);
		checkFeatures(where, "key", key, axes, [batch, null, null], asked);
		// Before there are weights `build` says which features go together.
		const keyFeatures = this.built ? (query.shape[2] ?? null) : null;
		if (keySize === null) checkShape(where, "key", key, axes, [null, null, keyFeatures], asked);
		else checkShape(where, "key", key, axes, [null, null, keySize], "the weights");
		const keys = `${describeShape("key", key.shape, axes)} (a mask must be of type bool)`;
		checkFeatures(where, "value", value, axes, [batch, keyLength, null], keys);
		if (mask !== undefined) checkAttentionMask(where, mask, { batch, heads: 1, queryLength, keyLength });
	}
}
