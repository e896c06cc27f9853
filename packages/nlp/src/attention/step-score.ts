import { additiveScore, locationScore } from "@heed/core";
import { type ParameterScope, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";

/** The sizes that the weights of a score depend on. */
interface Sizes {
	readonly querySize: number;
	readonly memorySize: number;
}

/** Compares the query of one step with every position. */
export interface StepScore {
	/** What depends on the memory alone, `[B, S, M]` to `[B, S, U]`. */
	readonly keysOf: (memory: tf.Tensor3D) => tf.Tensor3D;
	/** `[B, Q]` and `[B, S, U]` to the scores `[B, S]`. */
	readonly score: (query: tf.Tensor2D, keys: tf.Tensor3D) => tf.Tensor2D;
}

/**
 * `vᵀ tanh(W q + k_j + b)` with `k_j = U m_j`; normalised `g · vᵀ/‖v‖` in place of `vᵀ`, g starting at `√(1 / units)`.
 * Weights: `query/kernel` W, `memory/kernel` U, `score/kernel` v, `score/bias` b, and `score/scale` g.
 */
export function additiveStepScore(
	parameters: ParameterScope,
	{ querySize, memorySize, units, normalize = false }: Sizes & { units: number; normalize?: boolean },
): StepScore {
	const query = parameters.add("query/kernel", [querySize, units]);
	const memory = parameters.add("memory/kernel", [memorySize, units]);
	const v = parameters.add<tf.Rank.R1>("score/kernel", [units]);
	const b = parameters.add<tf.Rank.R1>("score/bias", [units], "zeros");
	const g = normalize
		? { g: parameters.add<tf.Rank.R0>("score/scale", [], { constant: Math.sqrt(1 / units) }) }
		: {};
	return {
		keysOf: (values) => project(values, memory),
		score: (question, keys) => {
			const [batch, source] = keys.shape;
			const asked = tf.reshape(project(question, query), [batch, 1, units]) as tf.Tensor3D;
			return tf.reshape(additiveScore(asked, keys, { v, b, ...g }), [batch, source]);
		},
	};
}

/** `qᵀ k_j` with `k_j = W m_j`. Weight: `memory/kernel` W. */
export function generalStepScore(parameters: ParameterScope, { querySize, memorySize }: Sizes): StepScore {
	const memory = parameters.add("memory/kernel", [memorySize, querySize]);
	return {
		keysOf: (values) => project(values, memory),
		score: (question, keys) => {
			const [batch] = keys.shape;
			const asked = tf.reshape(question, [batch, 1, querySize]);
			return tf.sum(tf.mul(keys, asked), 2) as tf.Tensor2D; // [B, S]
		},
	};
}

/** `qᵀ W_j`, of the position alone; from `maxSourceLength` on -Infinity. Weight: `query/kernel` W. */
export function locationStepScore(
	parameters: ParameterScope,
	{ querySize, maxSourceLength }: { querySize: number; maxSourceLength: number },
): StepScore {
	const w = parameters.add<tf.Rank.R2>("query/kernel", [querySize, maxSourceLength]);
	return {
		keysOf: (values) => tf.clone(values), // nothing but its length matters to the score
		score: (question, keys) => {
			const [batch, source] = keys.shape;
			const asked = tf.reshape(question, [batch, 1, querySize]) as tf.Tensor3D;
			return tf.reshape(locationScore(asked, { w, keyLength: source }), [batch, source]);
		},
	};
}
