import { checkFlag, checkNumber } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { type Dense, makeDense } from "../ops/dense.ts";
import type { DropoutStream } from "../ops/dropout-stream.ts";
import type { ParameterScope } from "../parameters/parameters.ts";
import { type Activation, type ActivationName, activationByName } from "./activation.ts";

/** What a position-wise feed-forward network is made of. */
export interface FeedForwardOptions {
	/** Features in the middle. */
	readonly hiddenDim: number;
	/** Default `relu`. */
	readonly activation?: ActivationName | undefined;
	/** Multiply by a second projection: GLU with `sigmoid`, GEGLU with `gelu`, SwiGLU with `silu`. Default false. */
	readonly gated?: boolean | undefined;
	/** Add a bias in each projection. Default true. */
	readonly useBias?: boolean | undefined;
	/** Features of the output. Default: those of the input. */
	readonly outputDim?: number | undefined;
}

/** The names of {@link FeedForwardOptions}. */
export const feedForwardOptionNames: readonly (keyof FeedForwardOptions)[] = [
	"hiddenDim",
	"activation",
	"gated",
	"useBias",
	"outputDim",
];

/** Refuses options that make no network. */
export function checkFeedForwardOptions(where: string, options: FeedForwardOptions): void {
	const { hiddenDim, activation = "relu", gated = false, useBias = true, outputDim } = options;
	checkNumber(where, "hiddenDim", hiddenDim, { integer: true, min: 1 });
	if (outputDim !== undefined) checkNumber(where, "outputDim", outputDim, { integer: true, min: 1 });
	activationByName(where, activation);
	checkFlag(where, "gated", gated);
	checkFlag(where, "useBias", useBias);
}

/**
 * The position-wise feed-forward network of a Transformer as a part of models and layers:
 *
 *     y = act(x W₁ + b₁) W₂ + b₂                      gated:  y = (act(x W_g + b_g) ∘ (x W₁ + b₁)) W₂ + b₂
 *
 * Weights: `in/kernel` [modelDim, hiddenDim], `out/kernel` [hiddenDim, outputDim], gated also `gate/kernel` [modelDim,
 * hiddenDim], and a `bias` beside each.
 *
 * Vaswani et al. 2017, https://arxiv.org/abs/1706.03762; gated: Shazeer 2020, "GLU Variants Improve Transformer",
 * https://arxiv.org/abs/2002.05202.
 *
 * When not to use it: in a model of `tf.layers`, which {@link FeedForward} is for.
 */
export class FeedForwardBlock {
	readonly #in: Dense;
	readonly #gate: Dense | undefined;
	readonly #out: Dense;
	readonly #activation: Activation;

	/** @throws HeedError `OPTION`, before any weight is made. */
	constructor(
		parameters: ParameterScope,
		modelDim: number,
		options: FeedForwardOptions,
		where = "FeedForwardBlock",
	) {
		checkFeedForwardOptions(where, options);
		const { hiddenDim, activation = "relu", gated = false, useBias, outputDim = modelDim } = options;
		const dense = (path: string, inputSize: number, outputSize: number): Dense =>
			makeDense(parameters.scope(path), { inputSize, outputSize, useBias });
		this.#in = dense("in", modelDim, hiddenDim);
		this.#gate = gated ? dense("gate", modelDim, hiddenDim) : undefined;
		this.#out = dense("out", hiddenDim, outputDim);
		this.#activation = activationByName(where, activation);
	}

	/** `[..., modelDim]` to `[..., outputDim]`. The dropout is applied in the middle. */
	run<T extends tf.Tensor>(x: T, dropout?: DropoutStream): T {
		return tf.tidy(() => {
			const inner = this.#in(x);
			const hidden =
				this.#gate === undefined ? this.#activation(inner) : tf.mul(this.#activation(this.#gate(x)), inner);
			return this.#out(dropout === undefined ? hidden : dropout.drop(hidden)) as T;
		}) as T;
	}
}
