import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import "../index.ts"; // registers the layers, as importing the package does
import { type MultiHeadAttention, multiHeadAttention } from "../multi-head/multi-head-attention.ts";
import { assignWeights } from "../parameters/assign-weights.ts";
import { namedWeights } from "../parameters/named-weights.ts";
import { convertKerasModel } from "./convert-keras-model.ts";
import { multiHeadFromKeras } from "./from-keras.ts";
import type { JsonObject } from "./keras-graph.ts";

// As many keys as features and queries: a mask that is taken for a value would fit.
const [size, heads, keyDim] = [5, 4, 2];

function inputLayer(name: string, dtype: string): JsonObject {
	return {
		...{ class_name: "InputLayer", name, inbound_nodes: [] },
		config: { batch_input_shape: [null, size, size], dtype, sparse: false, name },
	};
}

/** Weights in Keras' shapes. */
function kerasWeights(kvHeads: number): tf.NamedTensorMap {
	const shapes = {
		...{ "query/kernel": [size, heads, keyDim], "query/bias": [heads, keyDim] },
		...{ "key/kernel": [size, kvHeads, keyDim], "key/bias": [kvHeads, keyDim] },
		...{ "value/kernel": [size, kvHeads, keyDim], "value/bias": [kvHeads, keyDim] },
		...{ "attention_output/kernel": [heads, keyDim, size], "attention_output/bias": [size] },
	};
	return Object.fromEntries(
		Object.entries(shapes).map(([name, shape], i) => [name, randomTensor(shape, i + 1, 0.8)]),
	);
}

/** `layer(x, memory, attention_mask=mask)` with the scores, as Keras 2 writes it. */
async function artifactsOf(
	className: string,
	own: JsonObject,
	dtype: string,
	weights: tf.NamedTensorMap,
): Promise<tf.io.ModelArtifacts> {
	const call = { value: ["memory", 0, 0], attention_mask: ["mask", 0, 0], return_attention_scores: true };
	const layer = { class_name: className, name: "mha", inbound_nodes: [[["x", 0, 0, call]]] };
	const config = { name: "mha", trainable: true, dtype: "float32", dropout: 0, use_bias: true, ...own };
	const names = ["x", "memory", "mask"];
	const model = {
		name: "m",
		layers: [
			...names.map((name) => inputLayer(name, name === "mask" ? dtype : "float32")),
			{ ...layer, config },
		],
		input_layers: names.map((name) => [name, 0, 0]),
		output_layers: [0, 1].map((output) => ["mha", 0, output]),
	};
	const named = Object.entries(weights).map(([name, weight]) => [`mha/${name}`, weight] as const);
	const { data, specs } = await tf.io.encodeWeights(Object.fromEntries(named));
	return {
		...{ format: "layers-model", weightSpecs: specs, weightData: data },
		modelTopology: {
			keras_version: "2.15.0",
			model_config: { class_name: "Functional", config: model },
		} as object,
	};
}

const seen = (): tf.Tensor => tf.cast(tf.greater(randomTensor([2, size, size], 9), -0.3), "int32");

describeOnEveryBackend("the attention_mask of a model of Keras", () => {
	it.each<[string, number, JsonObject]>([
		["MultiHeadAttention", heads, { num_heads: heads, key_dim: keyDim, value_dim: keyDim }],
		["GroupQueryAttention", 2, { num_query_heads: heads, num_key_value_heads: 2, head_dim: keyDim }],
	])("of any type hides what the bool one of our layer hides: %s", async (className, kvHeads, own) => {
		const weights = kerasWeights(kvHeads);
		const args = { numHeads: heads, numKeyValueHeads: kvHeads, keyDim };
		const direct = multiHeadAttention({ ...args, returnAttention: true });
		const [x, memory] = [
			randomTensor<tf.Rank.R3>([2, size, size], 11),
			randomTensor<tf.Rank.R3>([2, size, size], 12),
		];
		const mask = tf.tidy(seen);
		const expected = tf.tidy(() => {
			const bool = tf.cast(mask, "bool");
			direct.apply([x, memory, bool]);
			assignWeights(namedWeights(direct), multiHeadFromKeras(weights));
			return direct.apply([x, memory, bool]) as [tf.Tensor, tf.Tensor];
		});
		for (const dtype of ["float32", "int32", "bool"] as const) {
			const artifacts = await artifactsOf(className, own, dtype, weights);
			const model = await loadLayersModel(tf.io.fromMemory(convertKerasModel(artifacts)));
			tf.tidy(() => {
				const given = [x, memory, tf.cast(mask, dtype)];
				const [output, scores] = model.predict(given) as [tf.Tensor, tf.Tensor4D];
				expect([...output.dataSync(), ...scores.dataSync()], dtype).toEqual(
					expected.flatMap((one) => [...one.dataSync()]),
				);
				// The scores are the weights of the values: their product, projected, is the output.
				const side = (name: string): tf.Tensor => weights[name] as tf.Tensor;
				const flat = (name: string, shape: [number, number]): tf.Tensor2D => tf.reshape(side(name), shape);
				const values = tf.add(
					tf.matMul(tf.reshape(memory, [2 * size, size]), flat("value/kernel", [size, kvHeads * keyDim])),
					flat("value/bias", [1, kvHeads * keyDim]),
				); // [B·T, Hk·d]
				const perHead = tf.transpose(tf.reshape(values, [2, size, kvHeads, 1, keyDim]), [0, 2, 3, 1, 4]);
				const repeated = tf.reshape(tf.tile(perHead, [1, 1, heads / kvHeads, 1, 1]), [
					2,
					heads,
					size,
					keyDim,
				]);
				const mixed = tf.transpose(tf.matMul(scores, repeated), [0, 2, 1, 3]); // [B, T, H, d]
				const projected = tf.add(
					tf.matMul(
						tf.reshape(mixed, [2 * size, heads * keyDim]),
						flat("attention_output/kernel", [heads * keyDim, size]),
					),
					side("attention_output/bias"),
				);
				expectClose(tf.reshape(projected, [2, size, size]), output, { atol: 1e-5 });
			});
			model.dispose();
		}
		tf.dispose([weights, x, memory, mask, expected]);
		direct.dispose();
	});

	it.each([
		["cross-attention", ["x", "memory"]],
		["self-attention", ["x", "x"]],
	])("stands behind other layers, with the scores: %s", async (_, [asks = "", answers = ""]) => {
		const weights = kerasWeights(heads);
		const own = { num_heads: heads, key_dim: keyDim, value_dim: keyDim };
		const { modelTopology, ...rest } = await artifactsOf("MultiHeadAttention", own, "float32", weights);
		const topology = structuredClone(modelTopology) as unknown as { model_config: { config: JsonObject } };
		const layers = topology.model_config.config.layers as JsonObject[];
		const call = {
			value: [`${answers}_same`, 0, 0],
			attention_mask: ["mask", 0, 0],
			return_attention_scores: true,
		};
		for (const name of ["x", "memory"]) {
			layers.push({
				...{ class_name: "Activation", name: `${name}_same`, inbound_nodes: [[[name, 0, 0, {}]]] },
				config: { name: `${name}_same`, activation: "linear", dtype: "float32", trainable: true },
			});
		}
		(layers[3] as JsonObject).inbound_nodes = [[[`${asks}_same`, 0, 0, call]]];
		const artifacts = { ...rest, modelTopology: topology as object };
		const model = await loadLayersModel(tf.io.fromMemory(convertKerasModel(artifacts)));
		const direct = multiHeadAttention({ numHeads: heads, keyDim, returnAttention: true });
		tf.tidy(() => {
			const given = { x: randomTensor([2, size, size], 11), memory: randomTensor([2, size, size], 12) };
			const mask = seen();
			const inputs = [given[asks as "x"], given[answers as "x"], tf.cast(mask, "bool")];
			direct.apply(inputs);
			assignWeights(namedWeights(direct), multiHeadFromKeras(weights));
			const expected = direct.apply(inputs) as tf.Tensor[];
			const found = model.predict([given.x, given.memory, tf.cast(mask, "float32")]) as tf.Tensor[];
			for (const [i, one] of found.entries()) expectClose(one, expected[i] as tf.Tensor, { atol: 1e-6 });
		});
		tf.dispose(weights);
		for (const one of [model, direct]) one.dispose();
	});

	it("converts a layer that is called with a mask and without one", async () => {
		const weights = kerasWeights(heads);
		const own = { num_heads: heads, key_dim: keyDim, value_dim: keyDim };
		const { modelTopology, ...rest } = await artifactsOf("MultiHeadAttention", own, "float32", weights);
		const topology = structuredClone(modelTopology) as unknown as { model_config: { config: JsonObject } };
		const layer = (topology.model_config.config.layers as JsonObject[])[3] as JsonObject;
		const bare = [["x", 0, 0, { value: ["memory", 0, 0], return_attention_scores: true }]];
		layer.inbound_nodes = [...(layer.inbound_nodes as []), bare];
		expect(() => convertKerasModel({ ...rest, modelTopology: topology as object })).not.toThrow();
		tf.dispose(weights);
	});

	it("`maskInput` is kept in the config, leaves nothing, and changes no call without a fourth input", () => {
		const layer = multiHeadAttention({ numHeads: 1, seed: 0, maskInput: true });
		const { className } = layer.constructor as typeof MultiHeadAttention;
		expect([className, layer.getConfig().maskInput]).toEqual(["HeedMultiHeadAttention", true]);
		const plain = multiHeadAttention({ numHeads: 1, seed: 0 });
		expect(plain.getConfig()).not.toHaveProperty("maskInput");
		tf.tidy(() => {
			const x = randomTensor([2, size, size], 1);
			const numbers = tf.cast(seen(), "float32");
			const same = [layer, plain].map((one) => (one.apply([x, x, numbers]) as tf.Tensor).dataSync());
			expect(same[0]).toEqual(same[1]); // the third is the value
			expectNoLeak(() => layer.apply([x, x, x, numbers]) as tf.Tensor);
			expect(() => plain.apply([x, x, x, numbers])).toThrow("4 inputs came");
		});
		expect(() => multiHeadAttention({ numHeads: 1, maskInput: 1 as never })).toThrow("maskInput");
		for (const one of [layer, plain]) one.dispose();
	});
});
