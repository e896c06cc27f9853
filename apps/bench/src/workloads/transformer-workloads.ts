import { multiHeadAttention } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, input, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { normalValues } from "./random-values.ts";
import { trainingCase } from "./training-case.ts";
import type { TensorCase, Workload } from "./workload.ts";

const [batch, length, modelDim, heads, hidden, depth] = [16, 64, 128, 4, 512, 2];
const projections = 2 * batch * length * (4 * modelDim * modelDim + 2 * modelDim * hidden);
const pairs = 4 * batch * length * length * modelDim;

/** A training step of a small Transformer encoder, made of the layers of Heed and of the host. */
export const transformerWorkloads: readonly Workload[] = [
	{
		id: "transformer",
		section: "Transformer encoder training step, forward + backward + Adam",
		title: `B ${batch}, L ${length}, model ${modelDim}, ${heads} heads, feed-forward ${hidden}, ${depth} layers`,
		flops: depth * (3 * projections + 3.5 * pairs),
		tensors: transformerCase,
	},
];

function transformerCase(): TensorCase {
	const inputs = tf.tensor3d(normalValues(batch * length * modelDim, 1), [batch, length, modelDim]);
	const wanted = tf.tensor3d(normalValues(batch * length * modelDim, 2), [batch, length, modelDim]);
	const encoder = makeEncoder();
	return trainingCase({
		loss: () => tf.mean(tf.squaredDifference(encoder.apply(inputs) as tf.Tensor, wanted)),
		variables: encoder.trainableWeights.map((weight) => weight.read() as tf.Variable),
		dispose() {
			tf.dispose([inputs, wanted]);
			encoder.dispose();
		},
	});
}

/**
 * `x ← norm(x + attention(x))`, `x ← norm(x + W₂ gelu(W₁ x))`, as often as it is deep. Not with relu, whose gradient jumps:
 * where one contender rounds to just above 0 and another to just below, they would not agree.
 */
function makeEncoder() {
	const x = input({ shape: [length, modelDim] });
	let seed = 1;
	const dense = (units: number, activation: "gelu" | "linear") =>
		layers.dense({ units, activation, kernelInitializer: initializers.glorotUniform({ seed: seed++ }) });
	const joined = (from: SymbolicTensor, change: SymbolicTensor): SymbolicTensor =>
		layers.layerNormalization().apply(layers.add().apply([from, change])) as SymbolicTensor;
	let output = x;
	for (let layer = 0; layer < depth; layer++) {
		const attention = multiHeadAttention({ numHeads: heads, seed: seed++ });
		output = joined(output, attention.apply(output) as SymbolicTensor);
		const inner = dense(hidden, "gelu").apply(output);
		output = joined(output, dense(modelDim, "linear").apply(inner) as SymbolicTensor);
	}
	return model({ inputs: x, outputs: output });
}
