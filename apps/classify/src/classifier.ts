import { seedFor } from "@heed/layers";
import { modelTask } from "@heed/train";
import type * as tf from "@tensorflow/tfjs-core";
import {
	initializers,
	input,
	type LayersModel,
	layers,
	model as makeModel,
	type SymbolicTensor,
} from "@tensorflow/tfjs-layers";
import { type Attention, attend, type Place } from "./attention-choice.ts";
import type { Codec } from "./codec.ts";
import type { ModelSettings } from "./settings.ts";

/** What decides the shape of a {@link Classifier}. */
export interface ClassifierShape {
	readonly attention: Attention;
	readonly place: Place;
	/** Channels of the first stage; the next ones have twice and three times as many. */
	readonly width: number;
	readonly height: number;
	/** Of the pictures; `width` is taken. */
	readonly columns: number;
	readonly classes: number;
	/** Of the initial weights. */
	readonly seed: number;
}

/** A network from pictures to scores of classes, which also gives the map that the scores are means of. */
export interface Classifier {
	/** From pictures `[batch, height, width, 1]` to scores `[batch, classes]`. */
	readonly scores: LayersModel;
	/** To the last map `[batch, rows, columns, channels]` and the scores. */
	readonly mapAndScores: LayersModel;
	/** What is trained, by name. */
	readonly trained: ReadonlyMap<string, tf.Variable>;
	/** That and the statistics of the norms, to be stored. */
	readonly weights: ReadonlyMap<string, tf.Variable>;
	/** The last layer: `kernel` [channels, classes], `bias` [classes]. */
	readonly last: { readonly kernel: tf.Variable; readonly bias: tf.Variable };
	dispose(): void;
}

/** The shape of the model that the settings say. */
export function shapeOf(settings: ModelSettings, { height, width, classes }: Codec): ClassifierShape {
	return { ...settings, height, columns: width, classes: classes.length };
}

/**
 * A residual network for small grey pictures, with an attention of one's choice in it:
 *
 *     28×28 → 3×3, every 2nd pixel → block 14×14 → block, every 2nd pixel 7×7 → block 7×7 → mean over pixels → scores
 *     block:  x ← relu(x + attention(3×3, relu, 3×3 of x)), with a norm behind every convolution
 *
 * Since the scores are a product of the mean over the pixels, each class has an exact map of where its score comes from.
 */
export function buildClassifier(shape: ClassifierShape): Classifier {
	const { attention, place, width, height, columns, classes } = shape;
	const seeded = (name: string): { readonly name: string; readonly seed: number } => ({
		name,
		seed: seedFor(shape.seed, name),
	});
	const on = (wanted: Place, x: SymbolicTensor, name: string): SymbolicTensor =>
		place === wanted ? attend(attention, x, seeded(`${name}_attention`)) : x;

	const convolve = (x: SymbolicTensor, name: string, filters: number, size: number, strides: number) => {
		const { seed } = seeded(name);
		const kernelInitializer = initializers.heNormal({ seed });
		const options = { filters, kernelSize: size, strides, kernelInitializer, useBias: false };
		const convolved = layers.conv2d({ ...options, name, padding: "same" }).apply(x) as SymbolicTensor;
		const norm = layers.batchNormalization({ name: `${name}_norm`, momentum: 0.9, epsilon: 1e-5 });
		return norm.apply(convolved) as SymbolicTensor;
	};
	const relu = (x: SymbolicTensor, name: string): SymbolicTensor =>
		layers.activation({ activation: "relu", name }).apply(x) as SymbolicTensor;
	const block = (x: SymbolicTensor, name: string, filters: number, strides: number): SymbolicTensor => {
		const inner = relu(convolve(x, `${name}_conv0`, filters, 3, strides), `${name}_relu0`);
		const branch = on("block", convolve(inner, `${name}_conv1`, filters, 3, 1), name);
		const kept = strides === 1 && x.shape.at(-1) === filters;
		const around = kept ? x : convolve(x, `${name}_around`, filters, 1, strides);
		const sum = layers.add({ name: `${name}_add` }).apply([branch, around]) as SymbolicTensor;
		return relu(sum, `${name}_relu1`);
	};

	const pictures = input({ shape: [height, columns, 1], name: "pictures" });
	const start = relu(convolve(pictures, "stem", width, 3, 2), "stem_relu");
	const first = on("stage", block(start, "stage0", width, 1), "stage0");
	const second = on("stage", block(first, "stage1", 2 * width, 2), "stage1");
	const map = block(second, "stage2", 3 * width, 1);
	const row = layers.globalAveragePooling2d({ name: "mean" }).apply(map) as SymbolicTensor;
	const kernelInitializer = initializers.glorotUniform({ seed: seeded("classes").seed });
	const last = layers.dense({ name: "classes", units: classes, kernelInitializer });
	const scores = makeModel({ inputs: pictures, outputs: last.apply(row) as SymbolicTensor });
	const mapAndScores = makeModel({ inputs: pictures, outputs: [map, scores.outputs[0] as SymbolicTensor] });
	const { variables, untrained } = modelTask(scores, { loss: (_, output) => output });
	const [kernel, bias] = last.weights.map((weight) => weight.read() as tf.Variable);
	return {
		scores,
		mapAndScores,
		trained: variables,
		weights: new Map([...variables, ...untrained]),
		last: { kernel: kernel as tf.Variable, bias: bias as tf.Variable },
		dispose: () => {
			for (const weight of scores.weights) weight.dispose();
		},
	};
}
