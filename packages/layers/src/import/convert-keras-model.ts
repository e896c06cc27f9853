import { HeedError } from "@heed/core";
import type { io } from "@tensorflow/tfjs-core";
import { mergedShape } from "./from-keras.ts";
import { convertAttentionLayer, isAttentionLayer } from "./keras-attention-layers.ts";
import {
	isObject,
	type Json,
	type JsonObject,
	listReferences,
	plainCall,
	readCalls,
	writeCalls,
} from "./keras-graph.ts";

const where = "convertKerasModel";

/**
 * A model that Keras 2 or Keras 3 wrote, with attention, as one that `loadLayersModel` can load: layers of the classes
 * `MultiHeadAttention`, `GroupQueryAttention`, `Attention` and `AdditiveAttention` become ours. The host by itself fails with
 * "Unknown layer", and where tensors stand in keyword arguments, as `value` does, with an error about arrays.
 *
 * ```ts
 * const handler = tf.io.browserHTTPRequest("model.json"); // or any other handler
 * const model = await loadLayersModel(tf.io.fromMemory(convertKerasModel(await handler.load())));
 * ```
 *
 * What changes: the class and config of those layers; their calls, from Keras' (query, value, key) to a list of tensors; the
 * shapes of their weights, whose axes of heads are merged (the data stay as they are); and, of Keras 3, the forms that the host
 * does not read: `batch_shape`, dtype policies, `__keras_tensor__`. Nothing is executed: a `Lambda` layer is refused. So
 * is what would get lost: constants among the tensors, `mask`, `query_mask` and the like, `training: true`.
 *
 * A mask that Keras passes on by itself, of `Embedding(mask_zero=True)` or `Masking`, reaches only a layer of attention directly
 * behind it, for `tf.layers` does not hand it on: behind other layers the model converts and loads, and refuses at its first
 * `predict`. Pass the mask as `attention_mask` before you save such a model.
 *
 * When not to use it: for weights alone, see {@link multiHeadFromKeras}; for a `.keras` file, which `tensorflowjs_converter`
 * has to take apart first.
 *
 * @param artifacts What a handler of `tf.io` loads. It is not changed; the weight data are shared.
 * @throws HeedError `VALUE` for what is no layers model; `UNSUPPORTED` for a setting that has no counterpart.
 */
export function convertKerasModel(artifacts: io.ModelArtifacts): io.ModelArtifacts {
	const topology = artifacts.modelTopology as JsonObject | undefined;
	if (!isObject(topology)) {
		throw new HeedError(
			"VALUE",
			where,
			"there is no `modelTopology`; expected the artifacts of a layers model.",
		);
	}
	const inner = topology.model_config ?? topology.modelConfig ?? topology;
	if (!isObject(inner) || !isObject(inner.config)) {
		const message =
			"`modelTopology` has no `model_config`; expected what tensorflowjs_converter writes for Keras.";
		throw new HeedError("VALUE", where, message);
	}
	const heads = new Map<string, string>();
	const converted = convertModel(inner, heads);
	return {
		...artifacts,
		modelTopology: { ...topology, model_config: converted },
		...(artifacts.weightSpecs && {
			weightSpecs: artifacts.weightSpecs.map((spec) => convertSpec(spec, heads)),
		}),
	};
}

/** Converts a model, or one inside another. Collects the layers whose weights change: name → class in Keras. */
function convertModel(model: JsonObject, heads: Map<string, string>): JsonObject {
	const config = model.config as JsonObject;
	if (!Array.isArray(config.layers)) return model;
	const layers = config.layers.map((layer) => convertLayer(layer, heads));
	return {
		...model,
		config: {
			...{ ...config, layers },
			...("input_layers" in config && { input_layers: listReferences(config.input_layers) }),
			...("output_layers" in config && { output_layers: listReferences(config.output_layers) }),
		},
	};
}

function convertLayer(layer: Json, heads: Map<string, string>): Json {
	if (!isObject(layer) || typeof layer.class_name !== "string" || !isObject(layer.config)) {
		throw new HeedError(
			"VALUE",
			where,
			`a layer is ${JSON.stringify(layer)?.slice(0, 80)}; expected a class_name and a config.`,
		);
	}
	const name = String(layer.name ?? layer.config.name);
	if (layer.class_name === "Lambda") {
		throw new HeedError(
			"UNSUPPORTED",
			where,
			`Lambda \`${name}\` holds code, which is never run from a file.`,
		);
	}
	const config = plainConfig(layer.config);
	const calls = readCalls(where, name, layer.inbound_nodes);
	const hasCalls = layer.inbound_nodes !== undefined;
	if (isAttentionLayer(layer.class_name)) {
		const converted = convertAttentionLayer(where, layer.class_name, config, calls);
		heads.set(name, layer.class_name);
		return {
			...{ ...layer, class_name: converted.className, config: converted.config },
			...(hasCalls && { inbound_nodes: writeCalls(converted.calls) }),
		};
	}
	const isModel = Array.isArray(config.layers);
	const whole = isModel ? convertModel({ ...layer, config }, heads) : { ...layer, config };
	return {
		...whole,
		...(hasCalls && { inbound_nodes: writeCalls(calls.map((call) => plainCall(where, name, call))) }),
	};
}

/** A config without the forms of Keras 3 that the host does not read. */
function plainConfig(config: JsonObject): JsonObject {
	const { batch_shape, dtype, ...rest } = config;
	const policy = isObject(dtype) && isObject(dtype.config) ? dtype.config.name : dtype;
	return {
		...rest,
		...(batch_shape !== undefined && { batch_input_shape: batch_shape }),
		...(typeof policy === "string" && { dtype: policy.replace(/^mixed_.*$/, "float32") }),
	};
}

/** The name and shape of a weight, if its layer is one of ours. */
function convertSpec(
	spec: io.WeightsManifestEntry,
	heads: ReadonlyMap<string, string>,
): io.WeightsManifestEntry {
	const parts = spec.name.replace(/:0$/, "").split("/");
	const at = parts.findIndex((part) => heads.has(part));
	if (at < 0) return spec;
	const name = parts.slice(at).join("/");
	switch (heads.get(parts[at] as string)) {
		case "AdditiveAttention":
			return { ...spec, name: name.replace(/\/scale$/, "/score/kernel") };
		case "Attention":
			return { ...spec, name };
		default:
			return { ...spec, name, shape: mergedShape(name, spec.shape) };
	}
}
