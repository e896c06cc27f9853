import {
	describeOnEveryBackend,
	expectClose,
	fixtureTensor,
	literalCases,
	type OnnxCase,
	onnxCases,
	sharedPath,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
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

const absent = sharedPath("conformance") === undefined; // says so
const softmax = onnxCases("Softmax");
const logSoftmax = onnxCases("LogSoftmax");
const literals = literalCases(/^(softmax|sparsemax|entmax|normmax|budget|keras_sparsemax)/);
const weights = literals.filter(({ name }) => name in literalOps);
const gradients = literals.filter(({ name }) => name === "entmax133_grad_alpha");
const notOffered = literals.filter((each) => !weights.includes(each) && !gradients.includes(each));

describeOnEveryBackend("normalisers against published numbers", (backend) => {
	const run = ({ attributes, inputs, outputs, name }: OnnxCase, log: boolean): void => {
		const [input, output] = [inputs[0], outputs[0]];
		if (input === undefined || output === undefined) throw new Error(`${name} has no input or no output.`);
		const axis = Number(attributes.axis ?? -1);
		const f = log ? maskedLogSoftmax : maskedSoftmax;
		const actual = f(fixtureTensor(input), undefined, { axis });
		expectClose(actual, fixtureTensor(output), { atol: 5e-5, label: name });
	};

	it.skipIf(absent)("ONNX Softmax and LogSoftmax", () => {
		expect(softmax).toHaveLength(7);
		expect(logSoftmax).toHaveLength(7);
		for (const test of softmax) run(test, false);
		for (const test of logSoftmax) run(test, true);
		console.info(`${backend}: ${softmax.length} ONNX Softmax and ${logSoftmax.length} LogSoftmax cases`);
	});

	it.skipIf(absent)("entmax, sparsemax and softmax in print", () => {
		expect(weights).toHaveLength(Object.keys(literalOps).length);
		expect(gradients).toHaveLength(1);
		expect(notOffered).toHaveLength(2);
		for (const { name, inputs, expected, atol } of weights) {
			const actual = literalOps[name]?.(tf.tensor(inputs.x));
			expectClose(actual ?? [], tf.tensor(expected.y), { atol, label: name });
		}
		for (const { name, inputs, expected, atol } of gradients) {
			const first = (alpha: tf.Tensor): tf.Tensor => tf.slice(entmax(tf.tensor1d(inputs.x), { alpha }), 0, 1);
			expectClose(tf.grad(first)(tf.scalar(1.33)), [expected.g], { atol, label: name });
		}
		console.info(
			`${backend}: ${weights.length + gradients.length} literal normaliser cases; ${notOffered.length} skipped: ` +
				notOffered.map(({ name }) => `${name} (not offered)`).join(", "),
		);
	});
});
