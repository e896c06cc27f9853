import {
	describeOnEveryBackend,
	expectClose,
	fixtureTensor,
	type TorchCase,
	torchCases,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "vitest";
import { squeezeExcite } from "./squeeze-excite.ts";

const cases = torchCases("squeeze_excitation");

const channelsLast = (x: tf.Tensor): tf.Tensor4D => tf.transpose(x as tf.Tensor4D, [0, 2, 3, 1]);
/** A convolution of one pixel, `[out, in, 1, 1]`, as `[in, out]`. */
const asKernel = (weight: tf.Tensor): tf.Tensor => tf.transpose(tf.squeeze(weight, [2, 3]));

function read(group: TorchCase["inputs"] | undefined, name: string): tf.Tensor {
	const fixture = group?.[name];
	if (fixture === undefined) throw new Error(`The fixture has no ${name}.`);
	return fixtureTensor(fixture);
}

/** Weights or gradients in the order of the layer's. */
const inOrder = (group: TorchCase["weights"]): tf.Tensor[] => [
	asKernel(read(group, "fc1.weight")),
	read(group, "fc1.bias"),
	asKernel(read(group, "fc2.weight")),
	read(group, "fc2.bias"),
];

describeOnEveryBackend("squeezeExcite against PyTorch", () => {
	describe.skipIf(cases.length === 0)("torchvision.ops.SqueezeExcitation", () => {
		it.each(cases)("$name", ({ config, inputs, weights, outputs, upstream, grads }) => {
			tf.tidy(() => {
				const gate = config.gate === "hardsigmoid" ? "hardSigmoid" : "sigmoid";
				const layer = squeezeExcite({ rdChannels: config.squeeze, gate, returnAttention: true });
				const x = channelsLast(read(inputs, "x"));
				layer.apply(x);
				layer.setWeights(inOrder(weights));
				const [output, map] = layer.apply(x) as [tf.Tensor, tf.Tensor];
				expectClose(output, channelsLast(read(outputs, "output")));
				expectClose(map, tf.squeeze(read(outputs, "scale"), [2, 3]));
				const dy = channelsLast(read(upstream, "output"));
				const run = (image: tf.Tensor): tf.Tensor => (layer.apply(image) as tf.Tensor[])[0] as tf.Tensor;
				expectClose(tf.grad(run)(x, dy), channelsLast(read(grads, "x")));
				const found = tf.variableGrads(() => tf.sum(tf.mul(run(x), dy)) as tf.Scalar).grads;
				inOrder(grads).forEach((expected, i) => {
					const { name } = layer.weights.map((weight) => weight.read() as tf.Variable)[i] as tf.Variable;
					expectClose(found[name] as tf.Tensor, expected, { label: name });
				});
				layer.dispose();
			});
		});
	});
});
