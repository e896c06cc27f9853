import { expectSameAsCpu, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { withGuardedMemory } from "../../test/guarded-memory.ts";
import "../index.ts";

const image = (...shape: [number, number, number, number]): tf.Tensor4D => randomTensor<tf.Rank.R4>(shape, 1);
const filter = (...shape: [number, number, number, number]): tf.Tensor4D =>
	randomTensor<tf.Rank.R4>(shape, 2);

describe("convolutions on wasm", () => {
	useBackend("wasm");

	describe.each([5, 17])("with %i output channels", (channels) => {
		it.each(["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu", "prelu"] as const)(
			"fused with a bias and %s",
			async (activation) => {
				const options = (slopes: number): object => ({
					strides: 1,
					pad: "same",
					activation,
					bias: randomTensor([slopes], 3),
					...(activation === "prelu" && { preluActivationWeights: randomTensor([slopes], 4) }),
					...(activation === "leakyrelu" && { leakyreluAlpha: 0.3 }),
				});
				await expectSameAsCpu("wasm", () =>
					tf.fused.conv2d({
						x: image(2, 7, 5, 3),
						filter: filter(3, 3, 3, channels),
						...options(channels),
					} as Parameters<typeof tf.fused.conv2d>[0]),
				);
				await expectSameAsCpu("wasm", () =>
					tf.fused.depthwiseConv2d({
						x: image(2, 7, 5, channels),
						filter: filter(3, 2, channels, 2),
						...options(2 * channels),
					} as Parameters<typeof tf.fused.depthwiseConv2d>[0]),
				);
			},
		);

		it("where the host's library goes wrong: strides beyond the filter, numbers as padding, sizes rounded up", async () => {
			const few = (): tf.Tensor4D => filter(2, 2, 3, channels);
			await expectSameAsCpu("wasm", () => tf.conv2d(image(1, 11, 9, 3), few(), 5, "same"));
			await expectSameAsCpu("wasm", () => tf.conv2d(image(1, 11, 9, 3), filter(1, 3, 3, channels), 1, 1));
			await expectSameAsCpu("wasm", () => tf.conv2d(image(1, 11, 8, 3), few(), 3, 1, "NHWC", 1, "ceil"));
			await expectSameAsCpu("wasm", () =>
				tf.depthwiseConv2d(image(1, 11, 9, 3), filter(2, 2, 3, channels), 5, "same"),
			);
			await expectSameAsCpu("wasm", () =>
				tf.depthwiseConv2d(image(1, 7, 9, 3), filter(1, 3, 3, channels), 1, 1),
			);
		});

		it.each(["elu", "prelu"] as const)(
			"the same with %s, which a kernel of the host does afterwards",
			async (activation) => {
				await expectSameAsCpu("wasm", () =>
					tf.fused.conv2d({
						x: image(1, 11, 9, 3),
						filter: filter(2, 2, 3, channels),
						strides: 5,
						pad: "same",
						activation,
						bias: randomTensor([channels], 3),
						...(activation === "prelu" && { preluActivationWeights: randomTensor([channels], 4) }),
					}),
				);
			},
		);

		it("nothing in, or nothing out", async () => {
			await expectSameAsCpu("wasm", () => tf.conv2d(image(0, 4, 4, 3), filter(2, 2, 3, channels), 1, "same"));
			await expectSameAsCpu("wasm", () =>
				tf.conv2d(image(2, 1, 4, 3), filter(2, 2, 3, channels), 1, "valid"),
			);
			await expectSameAsCpu("wasm", () =>
				tf.depthwiseConv2d(image(2, 1, 4, 3), filter(2, 2, 3, channels), 1, "valid"),
			);
		});
	});

	it("a depthwise layer, which gives null for its dilations", async () => {
		await expectSameAsCpu(
			"wasm",
			() => {
				const none = null as unknown as undefined;
				const loss = (...[x, f]: tf.Tensor[]): tf.Tensor =>
					tf.sum(
						tf.square(tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, "same", "NHWC", none, none)),
					);
				return tf.grads(loss)([image(2, 5, 4, 7), filter(3, 3, 7, 1)]);
			},
			{ atol: 1e-4 },
		);
	});

	it("conv2dTranspose with its gradients", async () => {
		await expectSameAsCpu(
			"wasm",
			() => {
				const upstream = randomTensor([2, 11, 14, 3], 3);
				const loss = (...[x, f]: tf.Tensor[]): tf.Tensor =>
					tf.sum(
						tf.mul(
							tf.conv2dTranspose(x as tf.Tensor4D, f as tf.Tensor4D, [2, 11, 14, 3], [2, 3], "same"),
							upstream,
						),
					);
				return [
					tf.conv2dTranspose(image(2, 6, 5, 17), filter(3, 5, 3, 17), [2, 11, 14, 3], [2, 3], "same"),
					...tf.grads(loss)([image(2, 6, 5, 17), filter(3, 5, 3, 17)]),
				];
			},
			{ atol: 1e-4 },
		);
	});

	it("the gradient of a convolution whose size is rounded up is that of one with more padding", async () => {
		const upstream = randomTensor([1, 5, 4, 17], 3);
		const gradients = (bottom: number, right: number, mode?: "ceil"): tf.Tensor[] =>
			tf.grads((...[x, f]: tf.Tensor[]) => {
				const pad: tf.backend_util.ExplicitPadding = [
					[0, 0],
					[1, bottom],
					[1, right],
					[0, 0],
				];
				const y = tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 3, pad, "NHWC", 1, mode);
				return tf.sum(tf.mul(y, upstream));
			})([image(1, 11, 8, 3), filter(2, 2, 3, 17)]);
		const [dx, dFilter] = gradients(1, 1, "ceil");
		const [expectedDx, expectedDFilter] = gradients(2, 2);
		expect([...(dx?.dataSync() ?? [])]).toEqual([...(expectedDx?.dataSync() ?? [])]);
		expect([...(dFilter?.dataSync() ?? [])]).toEqual([...(expectedDFilter?.dataSync() ?? [])]);
		tf.dispose([dx, dFilter, expectedDx, expectedDFilter].flatMap((tensor) => tensor ?? []));
	});

	it("refuses what does not fit, and leaves nothing behind", () => {
		const run = (name: string, inputs: tf.NamedTensorMap, attrs: object): (() => unknown) => {
			return () => tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap);
		};
		const attrs = { strides: 1, pad: "same", dataFormat: "NHWC" };
		withGuardedMemory(() =>
			tf.tidy(() => {
				const [x, dy, f] = [tf.ones([2, 4, 5, 3]), tf.ones([2, 4, 5, 7]), tf.ones([3, 3, 3, 7])];
				const filterShape = [3, 3, 3, 7];
				const inputShape = [2, 4, 5, 3];
				const filterGrad = "Conv2DBackpropFilter";
				const inputGrad = "Conv2DBackpropInput";
				expect(run(filterGrad, { x, dy: tf.ones([1, 4, 5, 7]) }, { ...attrs, filterShape })).toThrow(
					"Conv2DBackpropFilter: image [2,4,5,3], filter [3,3,3,7], output [1,4,5,7] do not fit: expected an output [2, height, width, 7].",
				);
				expect(run(filterGrad, { x, dy }, { ...attrs, filterShape: [3, 3, 4, 7] })).toThrow(
					"expected as many channels in the image as in the filter, 4",
				);
				expect(run(filterGrad, { x, dy }, { ...attrs, filterShape: [3, 3, 3] })).toThrow(
					"expected four axes each",
				);
				expect(run(filterGrad, { x, dy }, { ...attrs, filterShape, strides: [1, -1] })).toThrow(
					"Conv2DBackpropFilter: strideWidth is -1; expected a whole number above 0.",
				);
				expect(run(filterGrad, { x, dy: tf.ones(dy.shape, "int32") }, { ...attrs, filterShape })).toThrow(
					"Conv2DBackpropFilter: dy [2,4,5,7] is int32; expected float32.",
				);
				expect(run(filterGrad, { x, dy }, { ...attrs, filterShape, dataFormat: "NCHW" })).toThrow(
					"not registered",
				);
				expect(run(inputGrad, { dy, filter: f }, { ...attrs, inputShape: [1, 4, 5, 3] })).toThrow(
					"do not fit",
				);
				expect(run(inputGrad, { dy, filter: f }, { ...attrs, inputShape, strides: 0.5 })).toThrow(
					"strideHeight is 0.5",
				);
				const depthwise = tf.ones([3, 3, 3, 2]);
				expect(
					run("DepthwiseConv2dNativeBackpropInput", { dy, filter: depthwise }, { ...attrs, inputShape }),
				).toThrow("expected an output [2, height, width, 6]");
				expect(
					run("DepthwiseConv2dNativeBackpropFilter", { x, dy }, { ...attrs, filterShape: [3, 3, 3, 2] }),
				).toThrow("expected an output [2, height, width, 6]");
				expect(run("Conv2D", { x: tf.ones([1, 1, 1, 3]), filter: f }, { ...attrs, pad: "valid" })).toThrow(
					"Conv2D: image [1,1,1,3], filter [3,3,3,7] do not fit: expected an image that is not smaller than the filter.",
				);
			}),
		);
	});

	it("gives its output back when there is no memory for scratch", () => {
		const { wasm } = tf.backend() as unknown as { readonly wasm: { _malloc(bytes: number): number } };
		const [x, f] = [image(1, 5, 5, 3), filter(3, 3, 3, 17)];
		tf.dispose(tf.conv2d(x, f, 1, "same"));
		const malloc = wasm._malloc;
		const before = tf.memory();
		for (const successes of [0, 1, 2]) {
			let calls = 0;
			wasm._malloc = (bytes) => (calls++ < successes ? malloc(bytes) : 0);
			try {
				expect(() => tf.conv2d(x, f, 1, "same")).toThrow("no memory left");
			} finally {
				wasm._malloc = malloc;
			}
			expect(tf.memory()).toEqual(before);
		}
		tf.dispose([x, f]);
	});
});
