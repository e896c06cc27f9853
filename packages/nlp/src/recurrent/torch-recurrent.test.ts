import { Parameters } from "@heed/layers";
import {
	describeOnEveryBackend,
	expectClose,
	fixtureTensor,
	fixtureValues,
	type TorchCase,
	torchCases,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { gruFromTorch, lstmFromTorch, type TorchRecurrentWeights } from "./from-torch.ts";
import { GruCell } from "./gru-cell.ts";
import { LstmCell } from "./lstm-cell.ts";
import type { RecurrentCell, RecurrentState } from "./recurrent-cell.ts";
import { liveSteps } from "./recurrent-encoder.ts";

type Named = Record<string, tf.Tensor>;

/** A cell whose weights are those of a PyTorch layer, as tensors, so that gradients reach the PyTorch layout. */
function torchCell(group: "gru" | "lstm", weights: TorchRecurrentWeights): RecurrentCell {
	const options = { inputSize: weights.weight_ih.shape[1], units: weights.weight_hh.shape[1] };
	const parameters = new Parameters();
	const cell = group === "gru" ? new GruCell(parameters, options) : new LstmCell(parameters, options);
	const values = group === "gru" ? gruFromTorch(weights) : lstmFromTorch(weights);
	parameters.dispose();
	// Tensors in place of variables: only so can gradients reach them.
	return Object.assign(cell, { weights: values }) as unknown as RecurrentCell;
}

const stateOf = (states: tf.Tensor, index: number): tf.Tensor2D =>
	tf.squeeze(tf.slice(states, [index, 0, 0], [1, -1, -1]), [0]);

/** Runs all layers and directions of `nn.GRU` or `nn.LSTM`. */
function run(group: "gru" | "lstm", { config }: TorchCase, tensors: Named): Named {
	const timeMajor = config.batch_first === false;
	let x = (timeMajor ? tensors.x : tf.transpose(tensors.x as tf.Tensor, [1, 0, 2])) as tf.Tensor3D;
	const [time, batch] = x.shape;
	const live = tensors.lengths && liveSteps(tensors.lengths as tf.Tensor1D, time);
	const last: RecurrentState[] = [];
	for (let layer = 0; layer < config.num_layers; layer++) {
		const results = (config.bidirectional ? ["", "_reverse"] : [""]).map((suffix, direction) => {
			const weight = (name: string): tf.Tensor => tensors[`${name}_l${layer}${suffix}`] as tf.Tensor;
			const cell = torchCell(group, {
				weight_ih: weight("weight_ih") as tf.Tensor2D,
				weight_hh: weight("weight_hh") as tf.Tensor2D,
				bias_ih: weight("bias_ih") as tf.Tensor1D,
				bias_hh: weight("bias_hh") as tf.Tensor1D,
			});
			const initial = ["h0", "c0"]
				.slice(0, cell.stateSize)
				.map((name) => tensors[name] && stateOf(tensors[name], last.length + direction));
			const state = initial[0] ? (initial as RecurrentState) : cell.zeroState(batch);
			return cell.sequence(x, state, { ...(live && { live }), reverse: direction === 1 });
		});
		last.push(...results.map(({ state }) => state));
		x = tf.concat(
			results.map(({ outputs }) => outputs),
			2,
		);
	}
	return {
		output: timeMajor ? x : tf.transpose(x, [1, 0, 2]),
		h_n: tf.stack(last.map(([hidden]) => hidden as tf.Tensor)),
		...(group === "lstm" && { c_n: tf.stack(last.map(([, cell]) => cell as tf.Tensor)) }),
	};
}

describe.each(["gru", "lstm"] as const)("PyTorch's nn.%s", (group) => {
	const cases = torchCases(group);
	console.info(`torch/${group}: ${cases.length} cases on each backend`);

	describeOnEveryBackend("outputs and gradients", () => {
		it.each(cases.map((fixture) => [fixture.name, fixture] as const))("%s", (_, fixture) => {
			tf.tidy(() => {
				const fixed: Named = {};
				const variable: Named = {};
				for (const [name, value] of Object.entries({ ...fixture.inputs, ...fixture.weights })) {
					const target = name in fixture.grads ? variable : fixed;
					target[name] = fixtureTensor(value);
				}
				const outputs = run(group, fixture, { ...fixed, ...variable });
				for (const [name, expected] of Object.entries(fixture.outputs)) {
					expect(outputs[name]?.shape).toEqual(expected.shape);
					expectClose(outputs[name] as tf.Tensor, fixtureValues(expected), { label: name });
				}
				const names = Object.keys(variable);
				const gradients = tf.grads((...values: tf.Tensor[]) => {
					const given = Object.fromEntries(names.map((name, i) => [name, values[i] as tf.Tensor]));
					const results = run(group, fixture, { ...fixed, ...given });
					const parts = Object.entries(fixture.upstream).map(([name, upstream]) =>
						tf.sum(tf.mul(results[name] as tf.Tensor, fixtureTensor(upstream))),
					);
					return tf.addN(parts);
				})(Object.values(variable));
				names.forEach((name, i) => {
					const expected = fixtureValues(fixture.grads[name] as (typeof fixture.grads)[string]);
					expectClose(gradients[i] as tf.Tensor, expected, { label: `gradient of ${name}` });
				});
			});
		});
	});
});
