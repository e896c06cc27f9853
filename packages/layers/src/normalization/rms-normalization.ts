import { checkNumber } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { featuresOf, onlyInput } from "../ops/only-input.ts";
import { SeededLayer, type SeededLayerArgs } from "../seeded-layer.ts";
import { rmsNorm } from "./feature-norm.ts";

/** Arguments of {@link rmsNormalization}. */
export interface RmsNormalizationArgs extends SeededLayerArgs {
	/** Keeps the division finite. Default 1e-6. */
	readonly epsilon?: number;
}

/**
 * Brings the features of every position to root mean square 1, then scales them, as a `tf.layers` layer; see {@link rmsNorm}:
 *
 *     y = gamma · x / √(mean(x²) + ε)        over the last axis
 *
 * Input and output float32 `[batch, …, features]`; weight `gamma` [features], which starts at 1.
 *
 * Zhang, Sennrich 2019, "Root Mean Square Layer Normalization", https://arxiv.org/abs/1910.07467
 *
 * When not to use it: for weights that were trained with layer normalisation, which also takes the mean off.
 *
 * @throws HeedError `OPTION` at construction, `SHAPE`, `DTYPE` at build or call.
 */
export class RmsNormalization extends SeededLayer {
	static readonly className = "HeedRmsNormalization";
	private readonly epsilon: number;
	private gamma: tf.Variable<tf.Rank.R1> | undefined;

	constructor(args: RmsNormalizationArgs = {}) {
		super(args, ["epsilon"]);
		const { epsilon = 1e-6 } = args;
		checkNumber(this.where, "epsilon", epsilon, { min: 0 });
		this.epsilon = epsilon;
	}

	override build(inputShape: Shape | Shape[]): void {
		this.gamma = this.parameterScope().add("gamma", [featuresOf(this.where, inputShape)], "ones");
		super.build(inputShape);
	}

	protected override checkInputs(inputs: tf.Tensor[]): void {
		onlyInput(this.where, inputs, null);
	}

	override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
		const gamma = this.gamma as tf.Variable<tf.Rank.R1>;
		const x = onlyInput(this.where, inputs, gamma.shape[0]);
		return rmsNorm(x, gamma, { epsilon: this.epsilon });
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), epsilon: this.epsilon };
	}
}
tf.serialization.registerClass(RmsNormalization);

/**
 * Makes an {@link RmsNormalization} layer, `gamma · x / √(mean(x²) + ε)`: `[batch, …, features]` to the same shape.
 *
 * Zhang, Sennrich 2019, "Root Mean Square Layer Normalization", https://arxiv.org/abs/1910.07467
 *
 * When not to use it: for weights that were trained with layer normalisation.
 *
 * @throws HeedError `OPTION`.
 */
export function rmsNormalization(args: RmsNormalizationArgs = {}): RmsNormalization {
	return new RmsNormalization(args);
}
