import { HeedError } from "@heed/core";
import type { io } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { convertKerasModel } from "./convert-keras-model.ts";
import type { Json, JsonObject } from "./keras-graph.ts";

/** A tensor as Keras 3 writes it. */
function tensor(layer: string): JsonObject {
	return { class_name: "__keras_tensor__", config: { shape: [null, 4, 4], keras_history: [layer, 0, 0] } };
}
const constant: JsonObject = { class_name: "__numpy__", config: { value: [[true]], dtype: "bool" } };
const [x, memory, mask] = ["x", "memory", "mask"].map(tensor) as [JsonObject, JsonObject, JsonObject];

/** The layer that one of Keras becomes when it is called so. */
function converted(className: string, node: Json): { config: JsonObject; inbound_nodes: Json } {
	const own = /Multi|Group/.test(className) ? { num_heads: 2, key_dim: 2 } : {};
	const layer = { class_name: className, name: "a", config: { name: "a", ...own }, inbound_nodes: [node] };
	const model = { class_name: "Functional", config: { name: "m", layers: [layer] } };
	const { modelTopology } = convertKerasModel({
		modelTopology: { model_config: model } as object,
	} as io.ModelArtifacts);
	const { config } = (modelTopology as unknown as { model_config: { config: { layers: never[] } } })
		.model_config;
	return config.layers[0] as never;
}

const inputsOf = ({ inbound_nodes }: { inbound_nodes: Json }): unknown =>
	(inbound_nodes as Json[][][])[0]?.map(([layer]) => layer);

describe("the arguments of a call of Keras", () => {
	it.each<[string, string, Json, string[], object]>([
		["Keras 3, by position", "MultiHeadAttention", { args: [x, memory], kwargs: {} }, ["x", "memory"], {}],
		[
			"a mask behind nulls",
			"MultiHeadAttention",
			{ args: [x, memory, null, null, null, null, mask], kwargs: {} },
			["x", "memory", "mask"],
			{ mask_input: "last" },
		],
		[
			"flags by position",
			"MultiHeadAttention",
			{ args: [x, memory, null, null, null, null, null, true, false, true], kwargs: {} },
			["x", "memory"],
			{ return_attention: true, causal: true },
		],
		[
			"all by name",
			"MultiHeadAttention",
			{ args: [], kwargs: { query: x, value: memory, key: x, attention_mask: mask } },
			["x", "x", "memory", "mask"],
			{ mask_input: "last" },
		],
		[
			"a list",
			"Attention",
			{ args: [[x, memory]], kwargs: { mask: [null, null] } },
			["x", "memory"],
			{ scale: "none" },
		],
		[
			"a list, flags by position",
			"Attention",
			{ args: [[x, memory], null, false, true, true], kwargs: {} },
			["x", "memory"],
			{ return_attention: true, causal: true },
		],
		["a list by name", "Attention", { args: [], kwargs: { inputs: [x, memory] } }, ["x", "memory"], {}],
		["of another layer", "Add", { args: [[x, memory]], kwargs: { training: null } }, ["x", "memory"], {}],
	])("are told apart: %s", (_, className, node, inputs, config) => {
		const layer = converted(className, node);
		expect(inputsOf(layer)).toEqual(inputs);
		expect(layer.config).toMatchObject(config);
		if (!("mask_input" in config)) expect(layer.config).not.toHaveProperty("mask_input");
	});

	const heads = "MultiHeadAttention";
	it.each<[string, string, Json, RegExp]>([
		[
			"a constant mask",
			heads,
			{ args: [x, memory], kwargs: { attention_mask: constant } },
			/MultiHeadAttention `a` has a constant as `attention_mask`. Make it an input of the model/,
		],
		[
			"a constant mask of Keras 2",
			heads,
			[["x", 0, 0, { value: ["memory", 0, 0], attention_mask: [[true, false]] }]],
			/constant as `attention_mask`/,
		],
		["a constant query", heads, [["_CONSTANT_VALUE", -1, 3, { value: ["x", 0, 0] }]], /constant as `query`/],
		["a constant value", heads, { args: [x, constant], kwargs: {} }, /constant as `value`/],
		["the fourth, which is no attention_mask", heads, { args: [x, x, x, mask], kwargs: {} }, /`query_mask`/],
		[
			"one too many",
			heads,
			{ args: [x, x, ...new Array(8).fill(null), x], kwargs: {} },
			/argument `argument 10`/,
		],
		["dropout that never ends", heads, { args: [x, x], kwargs: { training: true } }, /argument `training`/],
		["a flag that is none", heads, { args: [x, x], kwargs: { use_causal_mask: 1 } }, /`use_causal_mask` 1/],
		["masks in a list", "Attention", { args: [[x, x]], kwargs: { mask: [mask, mask] } }, /argument `mask`/],
		["four in a list", "Attention", { args: [[x, x, x, x]], kwargs: {} }, /argument `input 3`/],
		[
			"a state for another layer",
			"GRU",
			{ args: [x], kwargs: { initial_state: [memory] } },
			/layer `a` is called with a tensor as `initial_state`, which tf.layers cannot load/,
		],
		[
			"a constant for another layer",
			"Add",
			{ args: [[x, constant]], kwargs: {} },
			/the constant {"class_name"/,
		],
		[
			"a number for another layer",
			"Add",
			{ args: [x, 2], kwargs: {} },
			/layer `a` is called with the constant 2/,
		],
	])("are refused: %s", (_, className, node, message) => {
		expect(() => converted(className, node)).toThrow(message);
		expect(() => converted(className, node)).toThrow(HeedError);
	});
});
