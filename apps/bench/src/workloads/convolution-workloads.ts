import * as tf from "@tensorflow/tfjs-core";
import { type OnnxProgram, onnxProgram } from "./onnx-program.ts";
import { normalValues } from "./random-values.ts";
import type { TensorCase, Workload } from "./workload.ts";

const [batch, size, channels, window] = [32, 16, 64, 3];
const flops = 2 * batch * size * size * channels * channels * window * window;
const section = "Convolution, 3 × 3, 64 → 64 channels on 32 × 16 × 16";

/** A convolution as a layer in training has it: forward, and with the gradients of input and filter. */
export const convolutionWorkloads: readonly Workload[] = [
	{
		id: "conv/forward",
		section,
		title: "forward",
		flops,
		quick: true,
		together: "conv",
		tensors: () => convolutionCase(false),
		onnx: convolutionProgram,
	},
	{
		id: "conv/backward",
		section,
		title: "forward + backward",
		flops: 3 * flops,
		quick: true,
		together: "conv",
		fillIns: true, // the filter's gradient
		tensors: () => convolutionCase(true),
	},
];

type Shape = [number, number, number, number];
const imageShape: Shape = [batch, size, size, channels];
const filterShape: Shape = [window, window, channels, channels];

const imageValues = (seed: number): Float32Array => normalValues(batch * size * size * channels, seed);
const filterValues = (): Float32Array => normalValues(window * window * channels * channels, 2, 0.1);

function convolutionCase(backward: boolean): TensorCase {
	const image = tf.tensor4d(imageValues(1), imageShape);
	const values = filterValues();
	const dy = backward ? tf.tensor4d(imageValues(3), imageShape) : undefined;
	let filter = tf.tensor4d(values, filterShape);
	const convolve = (...[x, w]: tf.Tensor[]): tf.Tensor =>
		tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same");
	const run = (): tf.Tensor[] => (dy ? tf.grads(convolve)([image, filter], dy) : [convolve(image, filter)]);
	return {
		async results() {
			const outputs = run();
			const numbers = await Promise.all(outputs.map((tensor) => tensor.data()));
			tf.dispose(outputs);
			return numbers;
		},
		// After an update the filter is a new tensor, of which nothing is cached.
		prepare() {
			filter.dispose();
			filter = tf.tensor4d(values, filterShape);
		},
		run,
		dispose: () => tf.dispose([image, filter, ...(dy ? [dy] : [])]),
	};
}

/** ONNX puts the channels first. */
function convolutionProgram(): OnnxProgram {
	const image = { name: "x", shape: [batch, channels, size, size] };
	const filter = { name: "w", shape: [channels, channels, window, window] };
	return onnxProgram(
		"Conv",
		13,
		{ pads: { ints: [1, 1, 1, 1] } },
		[
			{ ...image, data: permute(imageValues(1), imageShape, [0, 3, 1, 2]) },
			{ ...filter, data: permute(filterValues(), filterShape, [3, 2, 0, 1]) },
		],
		[
			{
				name: "y",
				shape: image.shape,
				arrange: (data) => permute(data, [batch, channels, size, size], [0, 2, 3, 1]),
			},
		],
	);
}

/** The numbers with their four axes in another order. */
function permute(data: Float32Array, shape: Shape, order: Shape): Float32Array {
	const strides = shape.map((_, axis) =>
		shape.slice(axis + 1).reduce((product, length) => product * length, 1),
	);
	const [[a, b, c, d], steps] = [
		order.map((axis) => shape[axis]) as Shape,
		order.map((axis) => strides[axis]),
	];
	const [sa, sb, sc, sd] = steps as Shape;
	const result = new Float32Array(data.length);
	let at = 0;
	for (let i = 0; i < a; i++)
		for (let j = 0; j < b; j++)
			for (let k = 0; k < c; k++)
				for (let l = 0; l < d; l++) result[at++] = data[i * sa + j * sb + k * sc + l * sd] as number;
	return result;
}
