import { Parameters } from "@heed/layers";
import { GruCell, LstmCell } from "@heed/nlp";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, type LayerVariable, layers, sequential } from "@tensorflow/tfjs-layers";
import { normalValues } from "./random-values.ts";
import { trainingCase } from "./training-case.ts";
import type { TensorCase, Workload } from "./workload.ts";

const [batch, time, inputSize, units] = [64, 20, 128, 256];
const shape = `B ${batch}, T ${time}, ${inputSize} → ${units} units`;
const kinds = [
	{ kind: "gru", gates: 3 },
	{ kind: "lstm", gates: 4 },
] as const;

/** Training steps of recurrent cells, without an embedding: those of @heed/nlp, and the layers of the host. */
export const recurrentWorkloads: readonly Workload[] = kinds.flatMap(({ kind, gates }) => {
	const section = `Recurrent training step, forward + backward + Adam (${shape})`;
	// Forward, the gradient of the states and that of the weights.
	const flops = 3 * 2 * batch * time * gates * units * (inputSize + units);
	return [
		{
			id: `recurrent/${kind}`,
			section,
			title: `${kind.toUpperCase()} of @heed/nlp`,
			flops,
			quick: kind === "gru",
			tensors: () => cellCase(kind),
		},
		{
			id: `recurrent/${kind}-layer`,
			section,
			title: `tf.layers.${kind}`,
			flops,
			tensors: () => layerCase(kind),
		},
	];
});

function cellCase(kind: "gru" | "lstm"): TensorCase {
	const parameters = new Parameters({ seed: 1 });
	const cell = new (kind === "gru" ? GruCell : LstmCell)(parameters, { inputSize, units });
	const inputs = tf.tensor3d(normalValues(time * batch * inputSize, 2), [time, batch, inputSize]);
	const wanted = tf.tensor3d(normalValues(time * batch * units, 3), [time, batch, units]);
	return trainingCase({
		loss: () => {
			const { outputs } = cell.sequence(inputs, cell.zeroState(batch));
			return tf.mean(tf.squaredDifference(outputs, wanted));
		},
		variables: [...parameters.variables.values()],
		dispose() {
			tf.dispose([inputs, wanted]);
			parameters.dispose();
		},
	});
}

function layerCase(kind: "gru" | "lstm"): TensorCase {
	const args = {
		units,
		returnSequences: true,
		inputShape: [time, inputSize],
		kernelInitializer: initializers.glorotUniform({ seed: 1 }),
		recurrentInitializer: initializers.glorotUniform({ seed: 2 }), // an orthogonal one takes the host seconds
	};
	const layer = kind === "gru" ? layers.gru(args) : layers.lstm(args);
	const model = sequential({ layers: [layer] });
	const inputs = tf.tensor3d(normalValues(time * batch * inputSize, 2), [batch, time, inputSize]);
	const wanted = tf.tensor3d(normalValues(time * batch * units, 3), [batch, time, units]);
	return trainingCase({
		loss: () => tf.mean(tf.squaredDifference(model.apply(inputs) as tf.Tensor, wanted)),
		variables: model.trainableWeights.map((weight: LayerVariable) => weight.read() as tf.Variable),
		dispose() {
			tf.dispose([inputs, wanted]);
			model.dispose();
		},
	});
}
