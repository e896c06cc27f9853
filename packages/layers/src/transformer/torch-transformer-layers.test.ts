import { describeOnEveryBackend, expectClose, nlpReference } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { transformerDecoderLayerFromTorch, transformerEncoderLayerFromTorch } from "../import/from-torch.ts";
import { assignWeights } from "../parameters/assign-weights.ts";
import { namedWeights } from "../parameters/named-weights.ts";
import { transformerDecoderLayer } from "./transformer-decoder-layer.ts";
import { transformerEncoderLayer } from "./transformer-encoder-layer.ts";

type Nested = number[][][];

interface LayerCase {
	readonly name: string;
	readonly activation: "relu" | "gelu";
	readonly input_TBE: Nested;
	readonly memory_TBE?: Nested;
	readonly expected_TBE: Nested;
	readonly src_key_padding_mask?: boolean[][];
	readonly tgt_key_padding_mask?: boolean[][];
	readonly memory_key_padding_mask?: boolean[][];
}

interface LayerCases {
	readonly encoder_params?: [name: string, shape: number[]][];
	readonly decoder_params?: [name: string, shape: number[]][];
	readonly tolerance: number;
	readonly cases: LayerCase[];
}

const encoders = nlpReference<LayerCases>("pytorch_encoder_layers.json");
const decoders = nlpReference<LayerCases>("pytorch_decoder_layers.json");
const config = { numHeads: 2, hiddenDim: 16 };

/** Every parameter is cos(0), cos(1), …, as the reference sets them. */
const cosines = (shapes: readonly [string, number[]][] = []): Record<string, tf.Tensor> =>
	Object.fromEntries(
		shapes.map(([name, shape]) => [
			name,
			tf.cos(tf.reshape(tf.range(0, tf.util.sizeFromShape(shape)), shape)),
		]),
	);

/** `[T, B, E]` to `[B, T, E]`. */
const batchFirst = (x: Nested): tf.Tensor => tf.transpose(tf.tensor3d(x), [1, 0, 2]);
const attend = (ignored: boolean[][]): tf.Tensor => tf.logicalNot(tf.tensor2d(ignored, undefined, "bool"));

describeOnEveryBackend("PyTorch's Transformer layers", (backend) => {
	test.skipIf(encoders === undefined)("nn.TransformerEncoderLayer", () => {
		for (const { name, activation, ...entry } of encoders?.cases ?? []) {
			tf.tidy(() => {
				const layer = transformerEncoderLayer({ ...config, activation });
				const x = batchFirst(entry.input_TBE);
				layer.apply(x);
				const values = transformerEncoderLayerFromTorch(cosines(encoders?.encoder_params));
				assignWeights(namedWeights(layer), values);
				const inputs = entry.src_key_padding_mask === undefined ? x : [x, attend(entry.src_key_padding_mask)];
				const output = layer.apply(inputs) as tf.Tensor;
				expectClose(output, batchFirst(entry.expected_TBE), { atol: encoders?.tolerance ?? 0, label: name });
				layer.dispose();
			});
		}
		expect(encoders?.cases).toHaveLength(7);
		console.info(`${backend}: 7 of 7 cases of nn.TransformerEncoderLayer`);
	});

	test.skipIf(decoders === undefined)("nn.TransformerDecoderLayer", () => {
		for (const { name, activation, ...entry } of decoders?.cases ?? []) {
			tf.tidy(() => {
				const layer = transformerDecoderLayer({ ...config, activation, causal: false });
				const [x, memory] = [batchFirst(entry.input_TBE), batchFirst(entry.memory_TBE ?? [])];
				layer.apply([x, memory]);
				const values = transformerDecoderLayerFromTorch(cosines(decoders?.decoder_params));
				assignWeights(namedWeights(layer), values);
				const [batch = 0] = x.shape;
				const own = entry.tgt_key_padding_mask && attend(entry.tgt_key_padding_mask);
				const other = entry.memory_key_padding_mask && attend(entry.memory_key_padding_mask);
				const all = (keys: tf.Tensor): tf.Tensor => tf.ones([batch, keys.shape[1] ?? 0], "bool");
				const output = layer.apply([x, memory, own ?? all(x), other ?? all(memory)]) as tf.Tensor;
				expectClose(output, batchFirst(entry.expected_TBE), { atol: decoders?.tolerance ?? 0, label: name });
				layer.dispose();
			});
		}
		expect(decoders?.cases).toHaveLength(6);
		console.info(`${backend}: 6 of 6 cases of nn.TransformerDecoderLayer`);
	});
});
