import { additiveScore } from "@heed/core";
import { makeDense, type ParameterScope, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";

/** Scores of items for a query, `[batch, items]`. */
export type AdditiveQuery = (items: tf.Tensor3D, query: tf.Tensor2D | undefined) => tf.Tensor2D;

/** Sizes of an {@link AdditiveQuery}. */
export interface AdditiveQuerySizes {
	readonly features: number;
	/** 0: there is no query. */
	readonly querySize: number;
	readonly units: number;
	/** Give the query a bias as well, which changes what can be learnt in nothing and the number of weights by `units`. */
	readonly queryBias: boolean;
}

/**
 * `e[i] = w · tanh(x[i] W + b + q U + d) + c`. Weights: `item/kernel` W [features, units], `item/bias` b; `query/kernel` U
 * [querySize, units], `query/bias` d; `score/kernel` w [units], `score/bias` c [1].
 */
export function makeAdditiveQuery(parameters: ParameterScope, sizes: AdditiveQuerySizes): AdditiveQuery {
	const { features, querySize, units, queryBias } = sizes;
	const toKeys = makeDense(parameters.scope("item"), { inputSize: features, outputSize: units });
	const ask =
		querySize === 0
			? undefined
			: {
					kernel: parameters.add<tf.Rank.R2>("query/kernel", [querySize, units]),
					bias: queryBias ? parameters.add<tf.Rank.R1>("query/bias", [units], "zeros") : undefined,
				};
	const v = parameters.add<tf.Rank.R1>("score/kernel", [units], { deviation: 1 / Math.sqrt(units) });
	const shift = parameters.add<tf.Rank.R1>("score/bias", [1], "zeros");
	return (items, query) => {
		const [batch, count] = items.shape;
		const question =
			ask === undefined ? tf.zeros([batch, units]) : project(query as tf.Tensor2D, ask.kernel, ask.bias);
		const met = additiveScore(tf.reshape(question, [batch, 1, units]) as tf.Tensor3D, toKeys(items), { v });
		return tf.reshape(tf.add(met, shift), [batch, count]) as tf.Tensor2D;
	};
}
