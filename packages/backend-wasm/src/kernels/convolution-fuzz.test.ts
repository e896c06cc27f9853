import { randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	type ConvolutionProblem,
	convolutionProblems,
	convolutionReference,
	infoOf,
} from "../../test/convolution-problems.ts";
import { withGuardedMemory } from "../../test/guarded-memory.ts";
import "../index.ts";

const names = {
	full: {
		output: "Conv2D",
		fused: "FusedConv2D",
		filterGrad: "Conv2DBackpropFilter",
		inputGrad: "Conv2DBackpropInput",
	},
	depthwise: {
		output: "DepthwiseConv2dNative",
		fused: "FusedDepthwiseConv2D",
		filterGrad: "DepthwiseConv2dNativeBackpropFilter",
		inputGrad: "DepthwiseConv2dNativeBackpropInput",
	},
};

function expectExact(
	actual: tf.Tensor,
	{ sums, sizes }: { readonly sums: Float64Array; readonly sizes: Float64Array },
	label: string,
): void {
	const values = actual.dataSync();
	expect(values.length, label).toBe(sums.length);
	// Rounding errors grow with the terms, not with their sum. NaN is what nobody has written.
	const worst = sums.findIndex((sum, i) => !(Math.abs((values[i] ?? 0) - sum) <= 2e-6 * (sizes[i] ?? 0)));
	if (worst >= 0) expect.fail(`${label}: ${values[worst]} at ${worst}, expected ${sums[worst]}`);
}

function check(kind: "full" | "depthwise", problem: ConvolutionProblem): void {
	const { image, filter: filterShape, seed, ...attrs } = problem;
	const depthwise = kind === "depthwise";
	const info = infoOf(problem, depthwise);
	const x = randomTensor(image, seed);
	const filter = randomTensor(filterShape, seed + 1);
	const dy = randomTensor(info.outShape, seed + 2);
	const bias = randomTensor([info.outChannels], seed + 3);
	const reference = convolutionReference(info, depthwise, [x.dataSync(), filter.dataSync(), dy.dataSync()]);
	const run = (name: string, inputs: tf.NamedTensorMap, more: object): tf.Tensor =>
		tf
			.engine()
			.runKernel(name, inputs, { ...attrs, dataFormat: "NHWC", ...more } as unknown as tf.NamedAttrMap);

	expectExact(run(names[kind].output, { x, filter }, {}), reference.output, "output");
	// The host's gradients forget how a size is rounded, and know it from dy.
	const forgotten = { dimRoundingMode: undefined };
	const filterGrad = run(names[kind].filterGrad, { x, dy }, { ...forgotten, filterShape });
	expectExact(filterGrad, reference.filterGrad, "filter gradient");
	const inputGrad = run(names[kind].inputGrad, { dy, filter }, { ...forgotten, inputShape: image });
	expectExact(inputGrad, reference.inputGrad, "input gradient");

	const biases = bias.dataSync();
	const biased = {
		sums: reference.output.sums.map((sum, i) => Math.max(0, sum + (biases[i % biases.length] ?? 0))),
		sizes: reference.output.sizes.map((sum, i) => sum + Math.abs(biases[i % biases.length] ?? 0)),
	};
	const fused = run(names[kind].fused, { x, filter, bias }, { activation: "relu" });
	expectExact(fused, biased, "fused");
}

describe("convolutions on random problems", () => {
	useBackend("wasm");

	it.each(["full", "depthwise"] as const)(
		"%s: equal their definition, and write all of their output and nothing else",
		(kind) => {
			fc.assert(
				fc.property(convolutionProblems(kind === "depthwise"), (problem) =>
					withGuardedMemory(() => tf.tidy(() => check(kind, problem))),
				),
				{ seed: 1, numRuns: 400 },
			);
		},
	);
});
