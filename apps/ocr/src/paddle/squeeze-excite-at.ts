import type { OnnxNode } from "@heed/io";
import { type SqueezeExcite, squeezeExcite } from "@heed/vision";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageStep } from "./image-step.ts";
import { number, type OnnxGraph } from "./onnx-graph.ts";

/** A squeeze-and-excitation of the file as a layer of ours. */
interface Gate {
	readonly layer: SqueezeExcite;
	readonly step: ImageStep;
}

/**
 * Whether a multiplication is the end of a squeeze-and-excitation, and which one:
 *
 *     x → GlobalAveragePool → Conv 1×1 → Relu → Conv 1×1 → HardSigmoid → Mul with x
 *
 * The file's gate is `clip(α s + 1/2, 0, 1)` with the α of its exporter (1/5 or 1/6), ours `clip(s / 6 + 1/2, 0, 1)`: the weights
 * of the last convolution are taken 6 α times, which makes them equal.
 */
export function squeezeExciteAt(graph: OnnxGraph, node: OnnxNode): Gate | undefined {
	if (node.op !== "Mul") return undefined;
	const [input = "", weight = ""] = node.inputs;
	const gate = graph.makerOf(weight);
	if (gate?.op !== "HardSigmoid" || number(gate, "beta", 0.5) !== 0.5) return undefined;
	const before = (maker: OnnxNode | undefined, op: string): OnnxNode | undefined => {
		const found = graph.makerOf(maker?.inputs[0] ?? "");
		return found?.op === op ? found : undefined;
	};
	const expand = before(gate, "Conv");
	const relu = before(expand, "Relu");
	const reduce = before(relu, "Conv");
	const pool = before(reduce, "GlobalAveragePool");
	if (expand === undefined || reduce === undefined || pool?.inputs[0] !== input) return undefined;
	const [hidden = 0, channels = 0] = graph.constant(reduce.inputs[1] ?? "").shape;
	const layer = squeezeExcite({ rdChannels: hidden, gate: "hardSigmoid" });
	layer.build([null, null, null, channels]);
	const scale = 6 * number(gate, "alpha", 0.2);
	tf.tidy(() => {
		const of = ({ inputs }: OnnxNode, place: number, ...shape: number[]): tf.Tensor =>
			tf.reshape(graph.tensor(inputs[place] ?? ""), shape);
		layer.setWeights([
			tf.transpose(of(reduce, 1, hidden, channels)),
			of(reduce, 2, hidden),
			tf.mul(tf.transpose(of(expand, 1, channels, hidden)), scale),
			tf.mul(of(expand, 2, channels), scale),
		]);
	});
	const run = (x: tf.Tensor4D): tf.Tensor4D => layer.apply(x) as tf.Tensor4D;
	return { layer, step: { output: node.outputs[0] ?? "", inputs: [input], weights: [], run } };
}
