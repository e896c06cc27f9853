import { assignWeights, layerNorm, Parameters, TransformerBlock } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { OnnxGraph } from "./onnx-graph.ts";

const [modelDim, numHeads] = [120, 8];
/** The numbers of the first layer norm and the first product of each block in the file. */
const places = [
	{ norm: 43, linear: 77 },
	{ norm: 45, linear: 81 },
] as const;
const lastNorm = 47;

/**
 * The part of PaddleOCR's recogniser that works on the columns of a line: two Transformer blocks of width 120 with 8 heads, pre-norm,
 * with a feed-forward network of 240 features and SiLU, and a norm behind them.
 */
export class LineBlocks {
	readonly #parameters = new Parameters();
	readonly #blocks: readonly TransformerBlock[];
	readonly #gamma: tf.Tensor1D;
	readonly #beta: tf.Tensor1D;

	constructor(graph: OnnxGraph) {
		this.#blocks = places.map(
			(_, i) =>
				new TransformerBlock(this.#parameters.scope(`${i}`), `block${i}`, {
					modelDim,
					attention: { numHeads },
					feedForward: { hiddenDim: 2 * modelDim, activation: "silu" },
					normFirst: true,
					epsilon: 1e-5,
				}),
		);
		tf.tidy(() => assignWeights(this.#parameters.variables, valuesOf(graph), "LineBlocks"));
		this.#gamma = graph.tensor(`layer_norm_${lastNorm}.w_0`) as tf.Tensor1D;
		this.#beta = graph.tensor(`layer_norm_${lastNorm}.b_0`) as tf.Tensor1D;
	}

	/** Columns `[batch, columns, 120]` after they have looked at each other. */
	run(columns: tf.Tensor3D): tf.Tensor3D {
		return tf.tidy(() => {
			const seen = this.#blocks.reduce((x, block) => block.run(x).output, columns);
			return layerNorm(seen, this.#gamma, this.#beta, { epsilon: 1e-6 });
		});
	}

	/** Frees the weights. */
	dispose(): void {
		this.#parameters.dispose();
		tf.dispose([this.#gamma, this.#beta]);
	}
}

/** The weights of the blocks by our names. The file has query, key and value side by side in one product. */
function valuesOf(graph: OnnxGraph): Record<string, tf.Tensor> {
	const values: Record<string, tf.Tensor> = {};
	places.forEach(({ norm, linear }, i) => {
		const dense = (name: string, number: number): void => {
			values[`${i}/${name}/kernel`] = graph.tensor(`linear_${number}.w_0`);
			values[`${i}/${name}/bias`] = graph.tensor(`linear_${number}.b_0`);
		};
		const kernels = tf.split(graph.tensor(`linear_${linear}.w_0`), 3, 1);
		const biases = tf.split(graph.tensor(`linear_${linear}.b_0`), 3);
		["query", "key", "value"].forEach((name, part) => {
			values[`${i}/self_attention/${name}/kernel`] = kernels[part] as tf.Tensor;
			values[`${i}/self_attention/${name}/bias`] = biases[part] as tf.Tensor;
		});
		dense("self_attention/attention_output", linear + 1);
		dense("feed_forward/in", linear + 2);
		dense("feed_forward/out", linear + 3);
		["self_attention", "feed_forward"].forEach((name, part) => {
			values[`${i}/${name}_norm/gamma`] = graph.tensor(`layer_norm_${norm + part}.w_0`);
			values[`${i}/${name}_norm/beta`] = graph.tensor(`layer_norm_${norm + part}.b_0`);
		});
	});
	return values;
}
