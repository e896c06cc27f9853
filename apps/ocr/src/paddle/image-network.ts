import type { SqueezeExcite } from "@heed/vision";
import * as tf from "@tensorflow/tfjs-core";
import { type ImageStep, imageStep } from "./image-step.ts";
import type { OnnxGraph } from "./onnx-graph.ts";
import { squeezeExciteAt } from "./squeeze-excite-at.ts";

/**
 * The part of an ONNX network that works on images, which has the channels first there and last here: convolutions become
 * `convolution2d` and `depthwiseConvolution2d`, a mean over the image with what makes weights of it becomes `squeezeExcite`, what
 * else there is stays what it is.
 */
export class ImageNetwork {
	/** The squeeze-and-excitation layers, first to last. */
	readonly gates: readonly SqueezeExcite[];
	readonly #inputs: readonly string[];
	readonly #outputs: readonly string[];
	readonly #steps: readonly ImageStep[];

	/**
	 * @param inputs What is fed, by its names in the file.
	 * @param outputs What is asked for.
	 * @throws Error for an operator that is not known.
	 */
	constructor(graph: OnnxGraph, inputs: readonly string[], outputs: readonly string[]) {
		this.#inputs = inputs;
		this.#outputs = outputs;
		const steps: ImageStep[] = [];
		const gates: SqueezeExcite[] = [];
		const met = new Set(inputs);
		const visit = (name: string): void => {
			if (met.has(name)) return;
			met.add(name);
			const node = graph.makerOf(name);
			if (node === undefined) throw new Error(`nothing in the network makes ${name}.`);
			const gate = squeezeExciteAt(graph, node);
			const step = gate?.step ?? imageStep(graph, node);
			for (const input of step.inputs) visit(input);
			steps.push(step);
			if (gate !== undefined) gates.push(gate.layer);
		};
		for (const output of outputs) visit(output);
		this.#steps = steps;
		this.gates = gates;
	}

	/** What was asked for, of images `[batch, height, width, channels]` in the order of the inputs. */
	run(...images: readonly tf.Tensor4D[]): tf.Tensor4D[] {
		return tf.tidy(() => {
			const values = new Map(this.#inputs.map((name, i) => [name, images[i] as tf.Tensor4D]));
			const get = (name: string): tf.Tensor4D => values.get(name) as tf.Tensor4D;
			for (const { inputs, output, run } of this.#steps) values.set(output, run(...inputs.map(get)));
			return this.#outputs.map(get);
		});
	}

	/** Frees the weights. */
	dispose(): void {
		tf.dispose(this.#steps.flatMap(({ weights }) => [...weights]));
		tf.dispose(this.gates.flatMap((layer) => layer.weights.map((weight) => weight.read())));
	}
}
