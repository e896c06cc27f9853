import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { input, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { saveAndLoad } from "../../test/save-and-load.ts";
import { convolution2dLayer } from "../models/convolution-2d-layer.ts";
import { scaCnnAttention } from "./sca-cnn-attention.ts";

describeOnEveryBackend("scaCnnAttention at two depths of a network", () => {
	it("asks both with one query, trains all weights, shows both maps, is saved and loaded", async () => {
		tf.env().set("IS_TEST", false); // its check refuses the host's dense layer on wasm
		const [x, query] = [input({ shape: [5, 7, 3] }), input({ shape: [2] })];
		const ask = (name: string, order: "cs" | "sc", seen: SymbolicTensor): SymbolicTensor =>
			scaCnnAttention({ name, order, units: 3, seed: 1 }).apply([seen, query]) as SymbolicTensor;
		const convolve = (seen: SymbolicTensor, filters: number, strides: number): SymbolicTensor =>
			convolution2dLayer({ filters, kernelSize: 3, strides, seed: 2 }).apply(seen) as SymbolicTensor;
		const lower = ask("lower", "cs", convolve(x, 4, 1));
		const upper = ask("upper", "sc", convolve(lower, 5, 2));
		const pooled = layers.globalAveragePooling2d({}).apply(upper) as SymbolicTensor;
		const outputs = layers.dense({ units: 2, activation: "softmax" }).apply(pooled) as SymbolicTensor;
		const network = model({ inputs: [x, query], outputs });

		const data = [randomTensor([3, 5, 7, 3], 3), randomTensor([3, 2], 4)];
		const labels = tf.oneHot([0, 1, 0], 2);
		tf.tidy(() => {
			const variables = network.trainableWeights.map((weight) => weight.read() as tf.Variable);
			const loss = (): tf.Scalar =>
				tf.sum(tf.square(tf.sub(network.apply(data) as tf.Tensor, labels))) as tf.Scalar;
			const { grads } = tf.variableGrads(loss, variables);
			for (const { name } of variables) {
				const largest = tf.max(tf.abs(grads[name] as tf.Tensor)).dataSync()[0];
				// A bias of all scores alike changes no softmax.
				if (name.includes("score/bias")) expect(largest, name).toBeLessThan(5e-7);
				else expect(largest, name).toBeGreaterThan(1e-6);
			}
		});
		network.compile({ optimizer: tf.train.adam(0.02), loss: "categoricalCrossentropy" });
		const { history } = await network.fit(data, labels, { epochs: 4, verbose: 0, shuffle: false });
		const losses = history.loss as number[];
		expect(losses.at(-1)).toBeLessThan(losses[0] as number);

		const { result, records } = captureAttention(() => network.predict(data) as tf.Tensor);
		const [below, above] = [
			[3, 5, 7],
			[3, 3, 4],
		];
		expect(records.map(({ layer, kind, weights }) => [layer, kind, weights.shape])).toEqual([
			...[
				["lower", "channel", [3, 4]],
				["lower", "spatial", below],
				["lower", "element", [3, 5, 7, 4]],
			],
			...[
				["upper", "spatial", above],
				["upper", "channel", [3, 5]],
				["upper", "element", [3, 3, 4, 5]],
			],
		]);
		const copy = await saveAndLoad(network);
		expectClose(copy.predict(data) as tf.Tensor, result, { atol: 1e-6 });
		disposeAttention(records);
		network.dispose();
		copy.dispose();
	});
});
