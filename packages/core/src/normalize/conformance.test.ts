import {
	describeOnEveryBackend,
	expectClose,
	fixtureTensor,
	literalCases,
	type OnnxCase,
	onnxCases,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { it } from "vitest";
import { entmax } from "./entmax.ts";
import { entmax15 } from "./entmax15.ts";
import { maskedLogSoftmax } from "./masked-log-softmax.ts";
import { maskedSoftmax } from "./masked-softmax.ts";
import { sparsemax } from "./sparsemax.ts";

const literalOps: Record<string, (x: tf.Tensor) => tf.Tensor> = {
	softmax3: (x) => maskedSoftmax(x),
	sparsemax3: (x) => sparsemax(x),
	entmax15_3: (x) => entmax15(x),
	entmax133: (x) => entmax(x, { alpha: 1.33 }),
	keras_sparsemax: (x) => sparsemax(x),
};

describeOnEveryBackend("normalisers against published numbers", (backend) => {
	const run = ({ attributes, inputs, outputs, name }: OnnxCase, log: boolean): void => {
		const [input, output] = [inputs[0], outputs[0]];
		if (input === undefined || output === undefined) throw new Error(`${name} has no input or no output.`);
		const axis = Number(attributes.axis ?? -1);
		const f = log ? maskedLogSoftmax : maskedSoftmax;
		const actual = f(fixtureTensor(input), undefined, { axis });
		expectClose(actual, fixtureTensor(output), { atol: 5e-5, label: name });
	};

	it("ONNX Softmax and LogSoftmax", () => {
		const softmax = onnxCases("Softmax");
		const logSoftmax = onnxCases("LogSoftmax");
		for (const test of softmax) run(test, false);
		for (const test of logSoftmax) run(test, true);
		console.info(
			`${backend}: ${softmax.length} ONNX Softmax and ${logSoftmax.length} LogSoftmax cases, 0 skipped`,
		);
	});

	it("entmax, sparsemax and softmax in print", () => {
		const cases = literalCases(/^(softmax3|sparsemax3|entmax15_3|entmax133|keras_sparsemax)$/);
		for (const { name, inputs, expected, atol } of cases) {
			const actual = literalOps[name]?.(tf.tensor(inputs.x));
			expectClose(actual ?? [], tf.tensor(expected.y), { atol, label: name });
		}
		const gradients = literalCases(/^entmax133_grad_alpha$/);
		for (const { name, inputs, expected, atol } of gradients) {
			const first = (alpha: tf.Tensor): tf.Tensor => tf.slice(entmax(tf.tensor1d(inputs.x), { alpha }), 0, 1);
			expectClose(tf.grad(first)(tf.scalar(1.33)), [expected.g], { atol, label: name });
		}
		console.info(
			`${backend}: ${cases.length + gradients.length} literal normaliser cases; not offered: normmax2, budget2`,
		);
	});
});
