import { HeedError } from "@heed/core";
import type * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { AttentionLayer } from "../attention-layer.ts";
import { givenOptions } from "../given-options.ts";
import { checkAttentionMask } from "../multi-head/attention-mask.ts";
import { checkFeatures } from "../ops/check-features.ts";
import { type DropoutStream, dropoutStream } from "../ops/dropout-stream.ts";
import { knownSize } from "../ops/known-size.ts";
import { seedFor } from "../seed.ts";
import { TransformerBlock } from "./transformer-block.ts";
import {
	blockOptions,
	checkTransformerArguments,
	type TransformerLayerArgs,
	transformerArgumentNames,
} from "./transformer-layer-args.ts";

/**
 * What {@link TransformerEncoderLayer} and {@link TransformerDecoderLayer} share: arguments, weights, dropout, config. Inputs are
 * float32 `[batch, length, features]` and masks of type bool.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762
 *
 * When not to extend it: for a layer of other parts, see {@link AttentionLayer}, which leaves them open.
 *
 * @throws HeedError `OPTION` at construction; `SHAPE`, `DTYPE` at build or call.
 */
export abstract class TransformerLayer extends AttentionLayer {
	protected readonly args: TransformerLayerArgs;
	private made: TransformerBlock | undefined;
	/** The features of each input, which the weights are made for. */
	private readonly sizes = new Map<string, number>();
	/** How many calls have dropped something so far; the next one's dropout depends on it and on the seed. */
	dropoutStep = 0;

	constructor(args: TransformerLayerArgs) {
		super(args, transformerArgumentNames);
		checkTransformerArguments(this.where, args);
		this.args = args;
	}

	/** Makes the weights; with `memoryDim` those of the attention to a memory too. */
	protected makeBlock(args: TransformerLayerArgs, modelDim: number, memoryDim?: number): void {
		const options = blockOptions(this.where, args, modelDim, memoryDim);
		this.made = new TransformerBlock(this.parameterScope(), this.name, options);
	}

	protected get block(): TransformerBlock {
		if (this.made !== undefined) return this.made;
		throw new HeedError("VALUE", this.where, "the layer is not built yet. Call `apply` first.");
	}

	/** Another dropout for every call of `fit`. */
	protected nextDropout(training: boolean | undefined): DropoutStream | undefined {
		const { dropout = 0 } = this.args;
		if (!training || dropout === 0) return undefined;
		return dropoutStream(dropout, seedFor(this.seed, `dropout/${this.dropoutStep++}`));
	}

	/** The last axis of an input of rank 3, at build. */
	protected features(name: string, shape: Shape | undefined): number {
		const axes = ["batch", "length", "features"];
		const size = knownSize(this.where, name, shape, axes, " A mask must be of type bool.");
		this.sizes.set(name, size);
		return size;
	}

	/** Refuses a mask that does not fit the queries and keys that it is for. */
	protected checkMask(mask: tf.Tensor | undefined, query: tf.Tensor, key: tf.Tensor): void {
		if (mask === undefined) return;
		const [batch = 0, queryLength = 0] = query.shape;
		const sizes = { batch, heads: this.args.numHeads, queryLength, keyLength: key.shape[1] ?? 0 };
		checkAttentionMask(this.where, mask, sizes);
	}

	/** Refuses an input that is no sequence of vectors of the size that the weights are made for. */
	protected checkSequence(name: string, x: tf.Tensor | undefined): void {
		if (x === undefined) {
			throw new HeedError(
				"SHAPE",
				this.where,
				`no ${name} came; expected rank 3: [batch, length, features].`,
			);
		}
		const expected = [null, null, (this.built ? this.sizes.get(name) : undefined) ?? null]; // a build that fails leaves sizes
		checkFeatures(this.where, name, x, ["batch", "length", "features"], expected, "the weights");
	}

	override getConfig(): tf.serialization.ConfigDict {
		const given = givenOptions(this.args, transformerArgumentNames);
		return { ...super.getConfig(), ...(given as unknown as tf.serialization.ConfigDict) };
	}
}
