import { describeOnEveryBackend, expectClose, literalCases, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import "../index.ts"; // registers the layers, as importing the package does
import { multiHeadAttention } from "../multi-head/multi-head-attention.ts";
import { assignWeights } from "../parameters/assign-weights.ts";
import { namedWeights } from "../parameters/named-weights.ts";
import { convertKerasModel } from "./convert-keras-model.ts";
import { multiHeadFromKeras } from "./from-keras.ts";
import type { JsonObject } from "./keras-graph.ts";

const identity = literalCases(/^keras_mha_identity$/);
const [features, heads, size, memoryFeatures] = [6, 3, 4, 5];
const shapes = {
	"query/kernel": [features, heads, size],
	"query/bias": [heads, size],
	"key/kernel": [memoryFeatures, heads, size],
	"key/bias": [heads, size],
	"value/kernel": [memoryFeatures, heads, size],
	"value/bias": [heads, size],
	"attention_output/kernel": [heads, size, features],
	"attention_output/bias": [features],
};
/** The arguments that Keras writes for the layer, as they stand in a file. */
const headConfig = {
	...{ name: "mha", trainable: true, num_heads: heads, key_dim: size, value_dim: size, dropout: 0 },
	...{ use_bias: true, output_shape: null, attention_axes: [1], kernel_constraint: null },
	kernel_initializer: { class_name: "GlorotUniform", config: { seed: null } },
};

const keras2: JsonObject = {
	...{ keras_version: "2.15.0", backend: "tensorflow" },
	model_config: {
		class_name: "Functional",
		config: {
			name: "model",
			layers: [
				input2("x", features),
				input2("memory", memoryFeatures),
				{
					...{ class_name: "MultiHeadAttention", name: "mha", config: { ...headConfig, dtype: "float32" } },
					inbound_nodes: [[["x", 0, 0, { value: ["memory", 0, 0], use_causal_mask: true, training: null }]]],
				},
				{
					...{ class_name: "Add", name: "add", config: { name: "add", dtype: "float32" } },
					inbound_nodes: [
						[
							["mha", 0, 0, {}],
							["x", 0, 0, {}],
						],
					],
				},
			],
			input_layers: [
				["x", 0, 0],
				["memory", 0, 0],
			],
			output_layers: [["add", 0, 0]],
		},
	},
};

const keras3: JsonObject = {
	...{ keras_version: "3.8.0", backend: "tensorflow" },
	model_config: {
		...{ class_name: "Functional", module: "keras.src.models.functional", registered_name: "Functional" },
		config: {
			...{ name: "functional", trainable: true },
			layers: [
				input3("x", features),
				input3("memory", memoryFeatures),
				{
					...{ module: "keras.layers", class_name: "MultiHeadAttention", registered_name: null, name: "mha" },
					config: { ...headConfig, dtype: policy() },
					inbound_nodes: [
						{
							args: [tensor3("x", features), tensor3("memory", memoryFeatures)],
							kwargs: { key: null, use_causal_mask: true, training: false },
						},
					],
				},
				{
					...{ module: "keras.layers", class_name: "Add", registered_name: null, name: "add" },
					config: { name: "add", trainable: true, dtype: policy() },
					inbound_nodes: [{ args: [[tensor3("mha", features), tensor3("x", features)]], kwargs: {} }],
				},
			],
			input_layers: [
				["x", 0, 0],
				["memory", 0, 0],
			],
			output_layers: ["add", 0, 0],
		},
	},
};

function input2(name: string, size: number): JsonObject {
	const config = {
		batch_input_shape: [null, null, size],
		dtype: "float32",
		sparse: false,
		ragged: false,
		name,
	};
	return { class_name: "InputLayer", config, name, inbound_nodes: [] };
}

function input3(name: string, size: number): JsonObject {
	const config = { batch_shape: [null, null, size], dtype: "float32", sparse: false, name };
	return {
		module: "keras.layers",
		class_name: "InputLayer",
		config,
		registered_name: null,
		name,
		inbound_nodes: [],
	};
}

function policy(): JsonObject {
	return { module: "keras", class_name: "DTypePolicy", config: { name: "float32" }, registered_name: null };
}

function tensor3(layer: string, size: number): JsonObject {
	const config = { shape: [null, null, size], dtype: "float32", keras_history: [layer, 0, 0] };
	return { class_name: "__keras_tensor__", config };
}

/** What a handler of the host would load: the topology, and weights in Keras' shapes. */
function artifactsOf(modelTopology: JsonObject): {
	artifacts: tf.io.ModelArtifacts;
	weights: tf.NamedTensorMap;
} {
	const weights = Object.fromEntries(
		Object.entries(shapes).map(([name, shape], i) => [name, randomTensor(shape, i + 1, 0.5)]),
	);
	const data = Float32Array.from(Object.values(weights).flatMap((weight) => [...weight.dataSync()]));
	const weightSpecs = Object.entries(shapes).map(([name, shape]) => ({
		...{ name: `mha/${name}`, shape, dtype: "float32" as const },
	}));
	return {
		artifacts: { format: "layers-model", modelTopology, weightSpecs, weightData: data.buffer },
		weights,
	};
}

/** A copy with one layer's `part` changed. */
function changed(topology: JsonObject, layer: number, part: JsonObject): JsonObject {
	const copy = JSON.parse(JSON.stringify(topology));
	Object.assign(copy.model_config.config.layers[layer], part);
	return copy;
}

describeOnEveryBackend("models and weights of Keras", (backend) => {
	it.each([
		["2", keras2],
		["3", keras3],
	])("loads a model.json of Keras %s with MultiHeadAttention, which the host cannot", async (_, topology) => {
		const { artifacts, weights } = artifactsOf(topology);
		await expect(loadLayersModel(tf.io.fromMemory(artifacts))).rejects.toThrow();
		const model = await loadLayersModel(tf.io.fromMemory(convertKerasModel(artifacts)));
		const layer = multiHeadAttention({ numHeads: heads, keyDim: size, causal: true });
		tf.tidy(() => {
			const [x, memory] = [randomTensor([2, 4, features], 11), randomTensor([2, 5, memoryFeatures], 12)];
			layer.apply([x, memory]);
			assignWeights(namedWeights(layer), multiHeadFromKeras(weights));
			const expected = tf.add(layer.apply([x, memory]) as tf.Tensor, x);
			expectClose(model.predict([x, memory]) as tf.Tensor, expected, { atol: 1e-6 });
		});
		layer.dispose();
		model.dispose();
		tf.dispose(weights);
	});

	it.skipIf(identity.length === 0)("gives the numbers of Keras' own test", () => {
		const [entry] = identity;
		tf.tidy(() => {
			const eye = tf.eye(8);
			const split = tf.tile(tf.expandDims(eye, 1), [1, 8, 1]); // every head sees all of the input
			const weights = {
				...{ "query/kernel": split, "key/kernel": split, "value/kernel": split },
				"attention_output/kernel": tf.tile(tf.expandDims(eye, 0), [8, 1, 1]),
			};
			const layer = multiHeadAttention({ numHeads: 8, keyDim: 8, useBias: false, returnAttention: true });
			const query = tf.expandDims(eye, 0);
			const value = tf.div(tf.reshape(tf.range(0, 64), [1, 8, 8]), 100);
			layer.apply([query, query, value]);
			assignWeights(namedWeights(layer), multiHeadFromKeras(weights));
			const [output, scores] = layer.apply([query, query, value]) as [tf.Tensor, tf.Tensor];
			const { output_row_const: rows, score_diag: own, score_off: other } = entry?.expected ?? {};
			const expectedScores = tf.add(tf.mul(eye, own - other), other);
			expectClose(tf.reshape(tf.slice(scores, 0, [1, 1, 8, 8]), [8, 8]), expectedScores, {
				atol: entry?.atol ?? 0,
			});
			const means = tf.reshape(tf.mean(output, 2), [8]);
			expectClose(means, rows, { atol: entry?.atol ?? 0 });
			layer.dispose();
		});
		console.info(`${backend}: Keras' test of MultiHeadAttention with identity kernels`);
	});

	it("converts Keras' Attention and AdditiveAttention with their scales", async () => {
		const attention = (className: string, config: JsonObject): JsonObject => ({
			...{ class_name: className, name: "att", config: { name: "att", dtype: "float32", ...config } },
			inbound_nodes: [
				[
					["q", 0, 0, {}],
					["v", 0, 0, {}],
				],
			],
		});
		for (const [className, scale] of [
			["Attention", tf.scalar(0.7)],
			["AdditiveAttention", tf.tensor1d([0.4, -0.3, 0.9])],
		] as const) {
			const layers = [input2("q", 3), input2("v", 3), attention(className, { use_scale: true, dropout: 0 })];
			const config = {
				...{ name: "m", layers, output_layers: [["att", 0, 0]] },
				input_layers: [
					["q", 0, 0],
					["v", 0, 0],
				],
			};
			const spec = { name: "att/scale:0", shape: scale.shape, dtype: "float32" as const };
			const model = await loadLayersModel(
				tf.io.fromMemory(
					convertKerasModel({
						modelTopology: { model_config: { class_name: "Functional", config } } as object,
						weightSpecs: [spec],
						weightData: Float32Array.from(scale.dataSync()).buffer,
					}),
				),
			);
			tf.tidy(() => {
				const [q, v] = [randomTensor<tf.Rank.R3>([1, 2, 3], 1), randomTensor<tf.Rank.R3>([1, 4, 3], 2)];
				const pairs = tf.tanh(tf.add(tf.expandDims(q, 2), tf.expandDims(v, 1))); // [1, 2, 4, 3]
				const scores =
					className === "Attention"
						? tf.mul(tf.matMul(q, v, false, true), scale)
						: tf.sum(tf.mul(pairs, scale), 3);
				const expected = tf.matMul(tf.softmax(scores) as tf.Tensor3D, v);
				expectClose(model.predict([q, v]) as tf.Tensor, expected, { atol: 1e-5 });
			});
			model.dispose();
			scale.dispose();
		}
	});

	it.each([
		[{}, /there is no `modelTopology`/],
		[{ modelTopology: { nodes: [] } }, /has no `model_config`/],
		[{ modelTopology: changed(keras2, 2, { class_name: "Lambda" }) }, /Lambda `mha` holds code/],
		[
			{ modelTopology: changed(keras2, 2, { config: { ...headConfig, attention_axes: [1, 2] } }) },
			/MultiHeadAttention `mha` has `attention_axes` \[1,2\]/,
		],
		[
			{
				modelTopology: changed(keras2, 2, {
					inbound_nodes: [[["x", 0, 0, { value: ["memory", 0, 0], gate: 3 }]]],
				}),
			},
			/the argument `gate`, which has no counterpart/,
		],
		[
			{ modelTopology: changed(keras2, 2, { inbound_nodes: [[["x", 0, 0, {}]]] }) },
			/without query and value/,
		],
		[{ modelTopology: changed(keras2, 2, { inbound_nodes: ["x"] }) }, /inbound node "x"/],
	])("refuses what it cannot convert: case %#", (artifacts, message) => {
		expect(() => convertKerasModel(artifacts as tf.io.ModelArtifacts)).toThrow(message);
	});

	it("names weights that are missing", () => {
		expect(() => multiHeadFromKeras({}, "mha/")).toThrow(
			/`mha\/query\/kernel`, .*missing; there came nothing/,
		);
		tf.tidy(() => {
			const kernel = tf.zeros([2, 1, 2]);
			const sides = ["query", "key", "value", "attention_output"].map((side) => [
				`mha/${side}/kernel:0`,
				kernel,
			]);
			const weights = Object.fromEntries(sides) as Record<string, tf.Tensor>;
			const others = { "dense/kernel": kernel, "mha/seed_generator/seed_generator_state": kernel };
			expect(Object.keys(multiHeadFromKeras({ ...weights, ...others }, "mha/"))).toHaveLength(4);
			expect(() => multiHeadFromKeras({ ...weights, "mha/gate/kernel:0": kernel }, "mha/")).toThrow(
				"`mha/gate/kernel:0` came and would not be read",
			);
		});
	});
});
