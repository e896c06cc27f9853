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
import { layerNorm, rmsNorm } from "./feature-norm.ts";

const layerCases = onnxCases("LayerNormalization");
const rmsCases = onnxCases("RMSNormalization");

/** ONNX normalises over all axes from `axis` on: as one axis, that is ours. */
function runOnnx(entry: (typeof layerCases)[number], norm: typeof layerNorm | typeof rmsNorm): void {
	const [x, scale, shift] = entry.inputs.map(fixtureTensor) as [tf.Tensor, tf.Tensor, tf.Tensor | undefined];
	const { axis = -1, epsilon = 1e-5 } = entry.attributes as { axis?: number; epsilon?: number };
	const first = axis < 0 ? axis + x.rank : axis;
	const features = tf.util.sizeFromShape(x.shape.slice(first));
	const flat = (tensor: tf.Tensor): tf.Tensor1D => tf.reshape(tensor, [features]);
	const rows = tf.reshape(x, [-1, features]);
	const y =
		norm === rmsNorm
			? rmsNorm(rows, flat(scale), { epsilon })
			: layerNorm(rows, flat(scale), shift && flat(shift), { epsilon });
	expectClose(tf.reshape(y, x.shape), fixtureTensor(entry.outputs[0] as never), {
		atol: 5e-5,
		label: entry.name,
	});
}

describeOnEveryBackend("feature norms", (backend) => {
	it.skipIf(layerCases.length === 0)("agree with ONNX", () => {
		tf.tidy(() => {
			for (const entry of layerCases) runOnnx(entry, layerNorm);
			for (const entry of rmsCases) runOnnx(entry, rmsNorm);
		});
		expect([layerCases.length, rmsCases.length]).toEqual([10, 10]);
		console.info(`${backend}: 10 ONNX LayerNormalization and 10 RMSNormalization cases`);
	});

	it("have the right gradients", () => {
		tf.tidy(() => {
			const inputs = [randomTensor([2, 3, 5], 1), randomTensor([5], 2), randomTensor([5], 3)];
			const names = ["x", "gamma", "beta"];
			expectGradientsMatch((x, g, b) => layerNorm(x, g as tf.Tensor1D, b as tf.Tensor1D), inputs, { names });
			expectGradientsMatch((x, g) => layerNorm(x, g as tf.Tensor1D), inputs.slice(0, 2), { names });
			expectGradientsMatch((x, g) => rmsNorm(x, g as tf.Tensor1D), inputs.slice(0, 2), { names });
		});
	});

	it("make of equal features what is stated: zeros and beta, or ones and gamma", () => {
		tf.tidy(() => {
			const x = tf.fill([2, 7], 3);
			const gamma = tf.fill<tf.Rank.R1>([7], 2);
			expectClose(layerNorm(x, gamma, tf.fill<tf.Rank.R1>([7], 0.5)), new Array(14).fill(0.5));
			expectClose(rmsNorm(x, gamma), new Array(14).fill(2), { atol: 1e-5 });
			expectClose(rmsNorm(tf.zeros([1, 7]), gamma), new Array(7).fill(0));
			expect(layerNorm(tf.zeros([0, 7]), gamma).shape).toEqual([0, 7]);
		});
	});

	it("leave nothing behind, and say what does not fit", () => {
		const x = randomTensor([3, 5], 1);
		const gamma = randomTensor<tf.Rank.R1>([5], 2);
		const wrong = randomTensor<tf.Rank.R1>([4], 3);
		expectNoLeak(() => layerNorm(x, gamma, gamma));
		expectNoLeak(() => rmsNorm(x, gamma));
		expectNoLeak(() => rmsNorm(x, wrong), { throws: true });
		expect(() => layerNorm(x, wrong)).toThrow(/layerNorm: gamma \[features 4\]/);
		expect(() => layerNorm(x, gamma, wrong)).toThrow(/beta \[features 4\]/);
		expect(() => rmsNorm(x, gamma, { epsilon: -1 })).toThrow(/`epsilon` is -1/);
		expect(() => rmsNorm(tf.cast(x, "int32"), gamma)).toThrow(/x is int32; expected float32/);
		tf.dispose([x, gamma, wrong]);
	});
});
