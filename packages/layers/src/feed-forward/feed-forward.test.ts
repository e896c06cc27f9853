import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	fixtureTensor,
	onnxCases,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { saveAndLoad, toModel } from "../../test/save-and-load.ts";
import { Parameters } from "../parameters/parameters.ts";
import { activationByName, activationNames } from "./activation.ts";
import { feedForward } from "./feed-forward.ts";
import { FeedForwardBlock } from "./feed-forward-block.ts";

const geluCases = onnxCases("Gelu");
const gluCases = onnxCases("SwiGLU");

describeOnEveryBackend("the feed-forward network", (backend) => {
	it.skipIf(geluCases.length === 0)("has the activations of ONNX", () => {
		tf.tidy(() => {
			for (const { name, attributes, inputs, outputs } of geluCases) {
				const gelu = activationByName("test", attributes.approximate === "tanh" ? "geluTanh" : "gelu");
				const expected = fixtureTensor(outputs[0] as never);
				expectClose(gelu(fixtureTensor(inputs[0] as never)), expected, { atol: 5e-5, label: name });
			}
			for (const { name, attributes, inputs, outputs, features } of gluCases) {
				if (attributes.alpha !== undefined && attributes.alpha !== 1) continue; // silu has no factor inside
				const [a, b] = inputs.map(fixtureTensor) as [tf.Tensor, tf.Tensor];
				const got = tf.mul(activationByName("test", "silu")(a), b);
				const atol = features.includes("fp16") ? 1e-3 : 5e-5;
				expectClose(got, fixtureTensor(outputs[0] as never), { atol, label: name });
			}
		});
		const plain = gluCases.filter(({ attributes }) => [undefined, 1].includes(attributes.alpha as number));
		expect([geluCases.length, plain.length]).toEqual([4, 2]);
		console.info(`${backend}: 4 ONNX Gelu cases, 2 of 3 SwiGLU cases; the other has an alpha that is not 1`);
	});

	it.each(activationNames)("differentiates %s", (name) => {
		const activation = activationByName("test", name);
		const x = tf.tensor2d([-2.1, -0.7, -0.15, 0.2, 0.9, 2.3], [2, 3]);
		expectGradientsMatch((value) => activation(value), [x]);
		x.dispose();
	});

	it.each([
		["plain", { hiddenDim: 7 }],
		["gated", { hiddenDim: 7, gated: true, activation: "silu", useBias: false, outputDim: 2 }],
	] as const)("computes its formula: %s", (_, options) => {
		tf.tidy(() => {
			const parameters = new Parameters({ seed: 3 });
			const block = new FeedForwardBlock(parameters, 5, options);
			[...parameters.variables.values()].forEach((weight, i) => {
				weight.assign(randomTensor(weight.shape, i + 1));
			});
			const x = randomTensor<tf.Rank.R3>([2, 3, 5], 9);
			const w = (name: string): tf.Tensor =>
				parameters.variables.get(name) ?? tf.zeros([name.startsWith("out") ? 2 : 7]);
			const flat = tf.reshape(x, [6, 5]);
			const inner = tf.add(tf.matMul(flat, w("in/kernel")), w("in/bias"));
			const gate = "gated" in options ? tf.matMul(flat, w("gate/kernel")) : undefined;
			const hidden = gate === undefined ? tf.relu(inner) : tf.mul(tf.mul(gate, tf.sigmoid(gate)), inner);
			const expected = tf.add(tf.matMul(hidden, w("out/kernel")), w("out/bias"));
			const y = block.run(x);
			expect(y.shape).toEqual([2, 3, "gated" in options ? 2 : 5]);
			expectClose(tf.reshape(y, expected.shape), expected, { atol: 1e-5 });
			parameters.dispose();
		});
	});

	it("is a layer that saves, loads, drops in training only, and refuses what is wrong", async () => {
		const args = { hiddenDim: 7, gated: true, activation: "geluTanh", dropout: 0.5, seed: 0 } as const;
		const layer = feedForward(args);
		const model = toModel(layer, [null, 5]);
		const loaded = await saveAndLoad(model);
		const x = randomTensor([2, 3, 5], 1);
		tf.tidy(() => {
			expectClose(loaded.predict(x) as tf.Tensor, model.predict(x) as tf.Tensor, { atol: 1e-6 });
			const [a, b] = [0, 1].map(() => layer.apply(x, { training: true }) as tf.Tensor);
			expect([...(a as tf.Tensor).dataSync()]).not.toEqual([...(b as tf.Tensor).dataSync()]);
		});
		expectNoLeak(() => layer.apply(x) as tf.Tensor);
		tf.dispose(x);
		model.dispose();
		loaded.dispose();
		expect(() => feedForward({ hiddenDim: 0 })).toThrow(/feedForward: `hiddenDim` is 0/);
		expect(() => feedForward({ hiddenDim: 3, activation: "mish" as never })).toThrow(
			/`activation` is "mish"/,
		);
		expect(() => feedForward({ hiddenDim: 3, gate: true } as never)).toThrow(/unknown option `gate`/);
	});
});
