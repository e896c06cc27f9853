import { averagePool, convolution2d, depthwiseConvolution2d, maxPool, type WindowPadding } from "@heed/core";
import type { OnnxNode } from "@heed/io";
import * as tf from "@tensorflow/tfjs-core";
import { ints, number, type OnnxGraph } from "./onnx-graph.ts";

/** One operator on images `[batch, height, width, channels]`: takes values by their names, gives one. */
export interface ImageStep {
	readonly output: string;
	readonly inputs: readonly string[];
	/** The weights, which the step keeps. */
	readonly weights: readonly tf.Tensor[];
	run(...inputs: tf.Tensor4D[]): tf.Tensor4D;
}

type Run = ImageStep["run"];
type Made = readonly [run: Run, weights?: readonly tf.Tensor[]];

const pointwise: Readonly<Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor>> = {
	Add: tf.add,
	Mul: tf.mul,
	Div: tf.div,
};

/**
 * An operator of the file, whose images have the channels first, as one whose images have them last.
 *
 * @throws Error for one that is not known.
 */
export function imageStep(graph: OnnxGraph, node: OnnxNode): ImageStep {
	const [run, weights = []] = make(graph, node);
	const inputs = node.inputs.filter((name) => !graph.isConstant(name));
	return { output: node.outputs[0] ?? "", inputs, weights, run };
}

function make(graph: OnnxGraph, node: OnnxNode): Made {
	switch (node.op) {
		case "Conv":
			return convolution(graph, node);
		case "BatchNormalization":
			return normalization(graph, node);
		case "Relu":
			return [(x) => tf.relu(x)];
		case "Sigmoid":
			return [(x) => tf.sigmoid(x)];
		case "Clip": {
			const [low, high] = [number(node, "min", -Infinity), number(node, "max", Infinity)];
			return [(x) => tf.clipByValue(x, low, high)];
		}
		case "GlobalAveragePool":
			return [(x) => tf.mean(x, [1, 2], true)];
		case "MaxPool": {
			const { size, strides, padding } = windowOf(node);
			return [(x) => maxPool(x, size, { strides, padding })];
		}
		case "AveragePool": {
			const { size, strides, padding } = windowOf(node);
			const countPadding = number(node, "count_include_pad", 0) === 1;
			return [(x) => averagePool(x, size, { strides, padding, countPadding })];
		}
		case "Concat":
			if (number(node, "axis", 0) === 1) return [(...parts) => tf.concat(parts, 3)];
	}
	const compute = pointwise[node.op];
	if (compute === undefined) throw new Error(`the network has the operator ${node.op}, which is not known.`);
	return withConstant(graph, node, compute);
}

function convolution(graph: OnnxGraph, node: OnnxNode): Made {
	const [, kernelName = "", biasName] = node.inputs;
	const groups = number(node, "group", 1);
	const [outChannels, inChannels] = graph.constant(kernelName).shape;
	const depthwise = groups > 1;
	if (depthwise && (groups !== outChannels || inChannels !== 1))
		throw new Error("the network has grouped convolutions.");
	const { strides, padding } = windowOf(node);
	const options = { strides, padding };
	const kernel = graph.tensor(kernelName, depthwise ? [2, 3, 0, 1] : [2, 3, 1, 0]) as tf.Tensor4D;
	const convolve = depthwise
		? (x: tf.Tensor4D): tf.Tensor4D => depthwiseConvolution2d(x, kernel, options)
		: (x: tf.Tensor4D): tf.Tensor4D => convolution2d(x, kernel, options);
	if (biasName === undefined) return [convolve, [kernel]];
	const bias = graph.tensor(biasName);
	return [(x) => tf.add(convolve(x), bias), [kernel, bias]];
}

/** Batch normalisation with what training found, as one factor and one summand for each channel. */
function normalization(graph: OnnxGraph, node: OnnxNode): Made {
	const [scale, shift] = tf.tidy(() => {
		const [gamma, beta, mean, variance] = node.inputs.slice(1).map((name) => graph.tensor(name)) as [
			tf.Tensor,
			tf.Tensor,
			tf.Tensor,
			tf.Tensor,
		];
		const factor = tf.div(gamma, tf.sqrt(tf.add(variance, number(node, "epsilon", 1e-5))));
		return [factor, tf.sub(beta, tf.mul(mean, factor))];
	});
	return [(x) => tf.add(tf.mul(x, scale), shift), [scale, shift]];
}

/** A sum, product or quotient of two images, or of an image and a number. */
function withConstant(
	graph: OnnxGraph,
	{ op, inputs }: OnnxNode,
	compute: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): Made {
	const constants = inputs.map((name) => {
		if (!graph.isConstant(name)) return undefined;
		const { data } = graph.constant(name);
		if (data.length === 1) return data[0];
		throw new Error(`the network has a ${op} with ${data.length} numbers, which is not known.`);
	});
	return [
		(...images) => {
			let next = 0;
			const [a, b] = constants.map((constant) =>
				constant === undefined ? images[next++] : tf.scalar(constant),
			);
			return compute(a as tf.Tensor, b as tf.Tensor) as tf.Tensor4D;
		},
	];
}

function windowOf(node: OnnxNode): {
	readonly size: [number, number];
	readonly strides: [number, number];
	readonly padding: WindowPadding;
} {
	const [height = 1, width = 1] = ints(node, "kernel_shape");
	const [down = 1, across = 1] = ints(node, "strides", [1, 1]);
	const [top = 0, left = 0, bottom = 0, right = 0] = ints(node, "pads", [0, 0, 0, 0]);
	const dilated = ints(node, "dilations", [1, 1]).some((step) => step !== 1);
	if (dilated || number(node, "ceil_mode", 0) !== 0) {
		throw new Error(`the network has a ${node.op} with dilations or ceil_mode, which is not known.`);
	}
	return {
		size: [height, width],
		strides: [down, across],
		padding: [
			[top, bottom],
			[left, right],
		],
	};
}
