import { type AdamStepAttributes, checkChoice, checkNumber, checkOptions } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { adamDeviceStep, deviceMoments } from "./adam-device-step.ts";
import { adamHostStep, hostMoments } from "./adam-host-step.ts";
import type { AdamMoments } from "./adam-step.ts";
import type { NamedVariable } from "./named-variables.ts";
import type { OptimizerState, StatefulOptimizer } from "./optimizer-state.ts";
import { loadTensor, saveTensor } from "./saved-tensor.ts";

/** The options of {@link Adam}. */
export interface AdamOptions {
	/** The size of a step. Default 0.001. A schedule of the training loop replaces it. */
	readonly learningRate?: number;
	/** How much of the mean gradient stays after a step, in [0, 1). Default 0.9. */
	readonly beta1?: number;
	/** How much of the mean squared gradient stays after a step, in [0, 1). Default 0.999. */
	readonly beta2?: number;
	/** Added to the root in the denominator, greater than 0. Default 1e-8. */
	readonly epsilon?: number;
	/** Decoupled weight decay, which makes this AdamW. Default 0. */
	readonly weightDecay?: number;
	/** Which variables decay. Default: those with two axes or more, so neither biases nor norms. */
	readonly decays?: (variable: tf.Variable) => boolean;
	/**
	 * What the learning rate is multiplied by for a variable, 0 or more. Default: 1 for all. A factor on its gradient, as on a term of the
	 * loss that alone reaches it, would change nothing, since a step does not depend on the size of gradients.
	 */
	readonly rateFactor?: (variable: tf.Variable) => number;
	/**
	 * `host` updates in plain JavaScript, `device` by tensor operations. Default `auto`: `host` on the cpu backend, where
	 * it is more than ten times as fast as the operations are, `device` everywhere else.
	 */
	readonly implementation?: "auto" | "host" | "device";
}

/**
 * Adam, and AdamW with `weightDecay`. For a variable w, its gradient g and the t-th update:
 *
 *     m ← β₁ m + (1 - β₁) g        m̂ = m / (1 - β₁ᵗ)
 *     v ← β₂ v + (1 - β₂) g²       v̂ = v / (1 - β₂ᵗ)
 *     w ← w - rate · (m̂ / (√v̂ + ε) + weightDecay · w)        rate = learningRate · rateFactor(w)
 *
 * It is a `tf.Optimizer`, so `minimize` and `model.compile` take it. Unlike the host's own Adam it needs about half the
 * tensor operations, its whole state can be saved and restored to the last bit, and its learning rate may be changed.
 *
 * Papers: Adam, https://arxiv.org/abs/1412.6980; Decoupled Weight Decay Regularization,
 * https://arxiv.org/abs/1711.05101.
 */
export class Adam extends tf.Optimizer implements StatefulOptimizer {
	static readonly className = "HeedAdam";
	readonly slots: readonly string[] = ["mean", "square"];
	/** The size of the next step. */
	learningRate: number;
	readonly #options: Required<AdamOptions>;
	readonly #moments = new Map<string, AdamMoments>();

	constructor(options: AdamOptions = {}) {
		super();
		const where = "Adam";
		checkOptions(where, options, [
			"learningRate",
			"beta1",
			"beta2",
			"epsilon",
			"weightDecay",
			"decays",
			"rateFactor",
			"implementation",
		]);
		this.#options = {
			learningRate: options.learningRate ?? 0.001,
			beta1: options.beta1 ?? 0.9,
			beta2: options.beta2 ?? 0.999,
			epsilon: options.epsilon ?? 1e-8,
			weightDecay: options.weightDecay ?? 0,
			decays: options.decays ?? (({ rank }) => rank > 1),
			rateFactor: options.rateFactor ?? (() => 1),
			implementation: options.implementation ?? "auto",
		};
		const { learningRate, beta1, beta2, epsilon, weightDecay, implementation } = this.#options;
		checkNumber(where, "learningRate", learningRate, { min: 0 });
		checkNumber(where, "beta1", beta1, { min: 0, below: 1 });
		checkNumber(where, "beta2", beta2, { min: 0, below: 1 });
		checkNumber(where, "epsilon", epsilon, { above: 0 });
		checkNumber(where, "weightDecay", weightDecay, { min: 0 });
		checkChoice(where, "implementation", implementation, ["auto", "host", "device"]);
		this.learningRate = learningRate;
	}

	override applyGradients(gradients: tf.NamedTensorMap | { name: string; tensor: tf.Tensor | null }[]): void {
		const list = Array.isArray(gradients)
			? gradients
			: Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
		this.incrementIterations();
		const { beta1, beta2, epsilon, weightDecay, decays, rateFactor } = this.#options;
		// The sums leave out the factors (1 - β); what they would do is moved into these two numbers.
		const meanScale = (1 - beta1) / (1 - beta1 ** this.iterations);
		const rootScale = Math.sqrt((1 - beta2) / (1 - beta2 ** this.iterations));
		const variables = tf.engine().registeredVariables;
		for (const { name, tensor } of list) {
			const variable = variables[name];
			if (tensor === null || variable === undefined) continue;
			const factor = rateFactor(variable);
			checkNumber("Adam", `rateFactor of ${variable.name}`, factor, { min: 0 });
			const learningRate = this.learningRate * factor;
			const step: AdamStepAttributes = {
				beta1,
				beta2,
				rate: (learningRate * meanScale) / rootScale,
				epsilon: epsilon / rootScale,
				keep: weightDecay > 0 && decays(variable) ? 1 - learningRate * weightDecay : 1,
			};
			const moments = this.#momentsOf(variable);
			if (moments.kind === "host") adamHostStep(variable, tensor, moments, step);
			else adamDeviceStep(variable, tensor, moments, step);
		}
	}

	#momentsOf(variable: tf.Variable): AdamMoments {
		const known = this.#moments.get(variable.name);
		if (known !== undefined) return known;
		const moments = this.#onHost() ? hostMoments(variable) : deviceMoments(variable);
		this.#moments.set(variable.name, moments);
		return moments;
	}

	#onHost(): boolean {
		const { implementation } = this.#options;
		return implementation === "auto" ? tf.getBackend() === "cpu" : implementation === "host";
	}

	/** A copy of everything that the next updates depend on. */
	async captureState(variables: readonly NamedVariable[]): Promise<OptimizerState> {
		const tensors: OptimizerState["tensors"] = new Map();
		for (const { name, variable } of variables) {
			const moments = this.#moments.get(variable.name);
			const { shape, size } = variable;
			for (const key of ["mean", "square"] as const) {
				// A variable without a gradient so far has sums of zero.
				const saved =
					moments === undefined
						? { dtype: "F32" as const, shape, data: new Float32Array(size) }
						: moments.kind === "host"
							? { dtype: "F32" as const, shape, data: moments[key].slice() }
							: await saveTensor(moments[key]);
				tensors.set(`${key}/${name}`, saved);
			}
		}
		return { kind: Adam.className, iterations: this.iterations, tensors };
	}

	/** Continues from a state that `captureState` gave. */
	restoreState(state: OptimizerState, variables: readonly NamedVariable[]): void {
		this.#disposeMoments();
		this.iterations_ = state.iterations;
		for (const { name, variable } of variables) {
			const mean = state.tensors.get(`mean/${name}`);
			const square = state.tensors.get(`square/${name}`);
			if (mean === undefined || square === undefined) continue;
			const moments: AdamMoments = this.#onHost()
				? {
						kind: "host",
						mean: Float32Array.from(mean.data as Float32Array),
						square: Float32Array.from(square.data as Float32Array),
					}
				: { kind: "device", mean: loadTensor(mean), square: loadTensor(square) };
			if (moments.kind === "device") {
				tf.keep(moments.mean);
				tf.keep(moments.square);
			}
			this.#moments.set(variable.name, moments);
		}
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { beta1, beta2, epsilon, weightDecay } = this.#options;
		return { learningRate: this.learningRate, beta1, beta2, epsilon, weightDecay };
	}

	override dispose(): void {
		this.#disposeMoments();
	}

	#disposeMoments(): void {
		for (const moments of this.#moments.values()) {
			if (moments.kind === "device") tf.dispose([moments.mean, moments.square]);
		}
		this.#moments.clear();
	}
}
