import { checkNumber } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { givenOptions } from "../given-options.ts";
import { dropoutStream } from "../ops/dropout-stream.ts";
import { featuresOf, onlyInput } from "../ops/only-input.ts";
import { seedFor } from "../seed.ts";
import { type CallOptions, SeededLayer, type SeededLayerArgs } from "../seeded-layer.ts";
import {
	checkFeedForwardOptions,
	FeedForwardBlock,
	type FeedForwardOptions,
	feedForwardOptionNames,
} from "./feed-forward-block.ts";

/** Arguments of {@link feedForward}. */
export interface FeedForwardArgs extends SeededLayerArgs, FeedForwardOptions {
	/** Share that `fit` drops in the middle. Default 0. */
	readonly dropout?: number | undefined;
}

/**
 * The position-wise feed-forward network of a Transformer as a `tf.layers` layer, plain or gated:
 *
 *     y = act(x W₁ + b₁) W₂ + b₂                      gated:  y = (act(x W_g + b_g) ∘ (x W₁ + b₁)) W₂ + b₂
 *
 * Input float32 `[batch, …, features]`, output `[batch, …, outputDim]`. Weights as in {@link FeedForwardBlock}.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762; gated: Shazeer 2020, "GLU Variants Improve
 * Transformer", https://arxiv.org/abs/2002.05202
 *
 * When not to use it: beside {@link TransformerEncoderLayer} and {@link TransformerDecoderLayer}, which have one inside.
 *
 * @throws HeedError `OPTION` at construction, `SHAPE`, `DTYPE` at build or call.
 */
export class FeedForward extends SeededLayer {
	static readonly className = "HeedFeedForward";
	private readonly args: FeedForwardArgs;
	private block: FeedForwardBlock | undefined;
	private features: number | null = null;
	/** How many calls have dropped something so far; the next one's dropout depends on it and on the seed. */
	dropoutStep = 0;

	constructor(args: FeedForwardArgs) {
		super(args, [...feedForwardOptionNames, "dropout"]);
		checkFeedForwardOptions(this.where, args);
		if (args.dropout !== undefined) checkNumber(this.where, "dropout", args.dropout, { min: 0, below: 1 });
		this.args = args;
	}

	override build(inputShape: Shape | Shape[]): void {
		const features = featuresOf(this.where, inputShape);
		this.block = new FeedForwardBlock(this.parameterScope(), features, this.args, this.where);
		this.features = features;
		super.build(inputShape);
	}

	protected override checkInputs(inputs: tf.Tensor[]): void {
		onlyInput(this.where, inputs, this.features);
	}

	override call(inputs: tf.Tensor | tf.Tensor[], { training }: CallOptions): tf.Tensor {
		const x = onlyInput(this.where, inputs, this.features);
		const { dropout = 0 } = this.args;
		const drops = training && dropout > 0;
		const seed = drops ? seedFor(this.seed, `dropout/${this.dropoutStep++}`) : undefined;
		return (this.block as FeedForwardBlock).run(x, dropoutStream(dropout, seed));
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape {
		const [first] = inputShape;
		const shape = (Array.isArray(first) ? first : inputShape) as Shape;
		return [...shape.slice(0, -1), this.args.outputDim ?? shape.at(-1) ?? null];
	}

	override getConfig(): tf.serialization.ConfigDict {
		const given = givenOptions(this.args, [...feedForwardOptionNames, "dropout"]);
		return { ...super.getConfig(), ...(given as tf.serialization.ConfigDict) };
	}
}
tf.serialization.registerClass(FeedForward);

/**
 * Makes a {@link FeedForward} layer: `[batch, …, features]` to `[batch, …, outputDim]`.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762; gated: Shazeer 2020, "GLU Variants Improve
 * Transformer", https://arxiv.org/abs/2002.05202
 *
 * When not to use it: inside {@link TransformerEncoderLayer}, which has one.
 *
 * @throws HeedError `OPTION`.
 */
export function feedForward(args: FeedForwardArgs): FeedForward {
	return new FeedForward(args);
}
