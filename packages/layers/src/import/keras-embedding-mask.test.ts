import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import "../index.ts"; // registers the layers, as importing the package does
import { dotAttention } from "../attention/dot-attention.ts";
import { convertKerasModel } from "./convert-keras-model.ts";
import type { JsonObject } from "./keras-graph.ts";

const [words, size, length] = [7, 3, 5];

function layer(className: string, name: string, config: JsonObject, nodes: JsonObject[string]): JsonObject {
	return { class_name: className, name, config: { name, ...config }, inbound_nodes: nodes };
}

/** Embedding(mask_zero=True) → activations → Attention()([x, x]) as Keras 2 writes it. */
async function modelOf(table: tf.Tensor, between: number, mask = true): Promise<tf.io.ModelArtifacts> {
	const embedding = { input_dim: words, output_dim: size, mask_zero: mask, dtype: "float32" };
	const names = Array.from({ length: between }, (_, i) => `same_${i}`);
	const last = names.at(-1) ?? "e";
	const layers = [
		layer("InputLayer", "ids", { batch_input_shape: [null, length], dtype: "float32", sparse: false }, []),
		layer("Embedding", "e", embedding, [[["ids", 0, 0, {}]]]),
		...names.map((name, i) =>
			layer("Activation", name, { activation: "linear" }, [[[names[i - 1] ?? "e", 0, 0, {}]]]),
		),
		layer("Attention", "a", { use_scale: false, dropout: 0 }, [
			[
				[last, 0, 0, {}],
				[last, 0, 0, {}],
			],
		]),
	];
	const config = { name: "m", layers, input_layers: [["ids", 0, 0]], output_layers: [["a", 0, 0]] };
	const { data, specs } = await tf.io.encodeWeights({ "e/embeddings": table });
	return {
		...{ format: "layers-model", weightSpecs: specs, weightData: data },
		modelTopology: { keras_version: "2.15.0", model_config: { class_name: "Functional", config } } as object,
	};
}

describeOnEveryBackend("the mask of an Embedding of Keras", () => {
	it("reaches attention directly behind it; behind other layers the model refuses at `predict`", async () => {
		const table = randomTensor<tf.Rank.R2>([words, size], 1);
		const rows = [
			[3, 0, 5, 1, 0],
			[2, 6, 0, 4, 4],
		];
		const ids = tf.tensor2d(rows);
		const direct = await loadLayersModel(tf.io.fromMemory(convertKerasModel(await modelOf(table, 0))));
		tf.tidy(() => {
			const x = tf.stack(rows.map((row) => tf.gather(table, tf.tensor1d(row, "int32")))); // [B, T, D]
			const attention = dotAttention({ scale: "none" });
			const expected = attention.apply([x, x, tf.cast(ids, "bool")]) as tf.Tensor;
			attention.dispose();
			expectClose(direct.predict(ids) as tf.Tensor, expected, { atol: 1e-6 });
		});
		const behind = await loadLayersModel(tf.io.fromMemory(convertKerasModel(await modelOf(table, 1))));
		expect(() => behind.predict(ids)).toThrow("the mask of the keys comes through other layers");
		const bare = await loadLayersModel(tf.io.fromMemory(convertKerasModel(await modelOf(table, 2, false))));
		tf.tidy(() => {
			const x = tf.stack(rows.map((row) => tf.gather(table, tf.tensor1d(row, "int32")))) as tf.Tensor3D;
			const expected = tf.matMul(tf.softmax(tf.matMul(x, x, false, true)) as tf.Tensor3D, x);
			expectClose(bare.predict(ids) as tf.Tensor, expected, { atol: 1e-5 });
		});
		for (const model of [direct, behind, bare]) model.dispose();
		tf.dispose([table, ids]);
	});
});
