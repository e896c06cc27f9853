import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { input, layers, loadLayersModel, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import "../index.ts"; // registers the layers, as importing the package does
import { savedArtifacts } from "../../test/save-and-load.ts";
import { convertKerasModel } from "./convert-keras-model.ts";
import type { Json, JsonObject, TensorReference } from "./keras-graph.ts";

const [vocabulary, length, features, heads, size, classes] = [11, 5, 4, 3, 2, 3];
const shapes = {
	...{ "query/kernel": [features, heads, size], "query/bias": [heads, size] },
	...{ "key/kernel": [features, heads, size], "key/bias": [heads, size] },
	...{ "value/kernel": [features, heads, size], "value/bias": [heads, size] },
	...{ "attention_output/kernel": [heads, size, features], "attention_output/bias": [features] },
};
const ids = [
	[1, 10, 3, 3, 7],
	[0, 2, 9, 4, 5],
];

/** A text classifier as the host writes it, with Keras' attention in the place of a layer that the host has. */
async function savedByHost(keras: 2 | 3): Promise<tf.io.ModelArtifacts> {
	const x = input({ shape: [length], dtype: "int32", name: "ids" });
	const embedding = layers.embedding({ inputDim: vocabulary, outputDim: features, name: "embedding" });
	const place = layers.dense({ units: features, name: "attention" }).apply(embedding.apply(x));
	const pooled = layers.globalAveragePooling1d({ name: "pool" } as never).apply(place);
	const y = layers.dense({ units: classes, activation: "softmax", name: "classes" }).apply(pooled);
	const host = model({ inputs: x, outputs: y as SymbolicTensor });
	for (const [i, weight] of host.weights.entries()) {
		const value = randomTensor(weight.shape as number[], 20 + i, 0.8);
		weight.write(value);
		value.dispose();
	}
	const saved = await savedArtifacts(host);
	host.dispose();
	const given = tf.io.decodeWeights(saved.weightData as ArrayBuffer, saved.weightSpecs ?? []);
	const attention = Object.entries(shapes).map(
		([name, shape], i) => [`attention/${name}`, randomTensor(shape, i + 1, 0.8)] as const,
	);
	const others = Object.entries(given).filter(([name]) => !name.startsWith("attention/"));
	const { data, specs } = await tf.io.encodeWeights(Object.fromEntries([...others, ...attention]));
	tf.dispose([given, attention.map(([, weight]) => weight)]);
	const topology = saved.modelTopology as JsonObject;
	const config = topology.config as JsonObject;
	const written = (config.layers as JsonObject[]).map((layer) => {
		const own = layer.name === "attention" ? kerasAttention(layer) : layer;
		return keras === 2 ? own : asKeras3(own);
	});
	const modelConfig = { ...topology, class_name: "Functional", config: { ...config, layers: written } };
	return {
		...{ format: "layers-model", weightSpecs: specs, weightData: data },
		modelTopology: { keras_version: keras === 2 ? "2.15.0" : "3.8.0", model_config: modelConfig },
	};
}

/** `mha(x, x)` with the config that Keras writes. */
function kerasAttention(layer: JsonObject): JsonObject {
	const config = {
		...{ name: "attention", trainable: true, dtype: "float32", num_heads: heads, key_dim: size },
		...{ value_dim: size, dropout: 0.1, use_bias: true, output_shape: null, attention_axes: [1] },
		...{ kernel_initializer: { class_name: "GlorotUniform", config: { seed: null } }, seed: null },
	};
	const inbound_nodes = [[["embedding", 0, 0, { value: ["embedding", 0, 0] }]]];
	return { ...layer, class_name: "MultiHeadAttention", config, inbound_nodes };
}

/** A layer of Keras 2 in the notation of Keras 3. */
function asKeras3(layer: JsonObject): JsonObject {
	const { batch_input_shape, dtype = "float32", ...config } = layer.config as JsonObject;
	const policy = {
		module: "keras",
		class_name: "DTypePolicy",
		config: { name: dtype },
		registered_name: null,
	};
	const isInput = layer.class_name === "InputLayer";
	const tensor = (reference: Json): JsonObject => ({
		class_name: "__keras_tensor__",
		config: { shape: [null, length, features], dtype: "float32", keras_history: reference },
	});
	const call = ([entry]: Json[][]): JsonObject => {
		const [name, node, output, options = {}] = entry as [...TensorReference, JsonObject?];
		const named = Object.entries(options).map(([key, value]) => [key, tensor(value)]);
		return { args: [tensor([name, node, output])], kwargs: Object.fromEntries(named) };
	};
	return {
		...{ ...layer, module: "keras.layers", registered_name: null },
		config: {
			...{ ...config, dtype: isInput ? dtype : policy },
			...(batch_input_shape !== undefined && { batch_shape: batch_input_shape }),
		},
		inbound_nodes: (layer.inbound_nodes as Json[][][]).map(call),
	};
}

/** The classifier from its formula, on plain numbers; `weights` in Keras' shapes. */
function classify(row: readonly number[], weights: tf.NamedTensorMap): number[] {
	const flat = (name: string): number[] => [...(weights[name] as tf.Tensor).dataSync()];
	const dense = (x: number[], name: string): number[] => {
		const kernel = flat(`${name}/kernel`); // [in, out], or with heads merged
		return flat(`${name}/bias`).map((bias, column, { length: columns }) =>
			x.reduce((sum, value, i) => sum + value * (kernel[i * columns + column] as number), bias),
		);
	};
	const softmax = (logits: number[]): number[] => {
		const powers = logits.map(Math.exp);
		const sum = powers.reduce((a, b) => a + b);
		return powers.map((power) => power / sum);
	};
	const table = flat("embedding/embeddings");
	const x = row.map((id) => table.slice(id * features, (id + 1) * features));
	const [q, k, v] = ["query", "key", "value"].map((side) =>
		x.map((at) => dense(at, `attention/${side}`)),
	) as [number[][], number[][], number[][]];
	const head = (all: number[], n: number): number[] => all.slice(n * size, (n + 1) * size);
	const attended = q.map((query) => {
		const contexts = Array.from({ length: heads }, (_, n) => {
			const own = head(query, n);
			const scores = k.map((key) => head(key, n).reduce((sum, y, i) => sum + y * (own[i] as number), 0));
			const shares = softmax(scores.map((score) => score / Math.sqrt(size)));
			return own.map((_, i) =>
				v.reduce((sum, at, t) => sum + (shares[t] as number) * (head(at, n)[i] as number), 0),
			);
		});
		return dense(contexts.flat(), "attention/attention_output");
	});
	const mean = attended[0]?.map((_, i) => attended.reduce((sum, at) => sum + (at[i] as number) / length, 0));
	return softmax(dense(mean as number[], "classes"));
}

describeOnEveryBackend("a model that the host saved, with Keras' attention in it", () => {
	it.each([2, 3] as const)("computes what its formula says, in the notation of Keras %i", async (keras) => {
		const artifacts = await savedByHost(keras);
		const before = JSON.stringify(artifacts.modelTopology);
		const loaded = await loadLayersModel(tf.io.fromMemory(convertKerasModel(artifacts)));
		expect(JSON.stringify(artifacts.modelTopology)).toBe(before); // what came is left as it was
		tf.tidy(() => {
			const weights = tf.io.decodeWeights(artifacts.weightData as ArrayBuffer, artifacts.weightSpecs ?? []);
			const expected = tf.tensor2d(ids.map((row) => classify(row, weights)));
			const got = loaded.predict(tf.tensor2d(ids, undefined, "int32")) as tf.Tensor;
			expectClose(got, expected, { atol: 1e-6 });
			const [first, second] = expected.arraySync() as number[][];
			expect(Math.abs((first?.[0] as number) - (second?.[0] as number))).toBeGreaterThan(0.01); // it does tell them apart
		});
		expect(loaded.layers.map((layer) => layer.getClassName())).toContain("HeedMultiHeadAttention");
		loaded.dispose();
	});
});
