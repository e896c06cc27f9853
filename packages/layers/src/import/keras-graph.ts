import { HeedError } from "@heed/core";

/** JSON of a model's topology. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** An object of JSON. */
export type JsonObject = { [key: string]: Json };

/** A tensor of the graph: layer, call of the layer, output of the call. */
export type TensorReference = [layer: string, node: number, tensor: number];

/** One call of a layer: its input tensors in order, and what else it was called with, tensors among it. */
export interface LayerCall {
	readonly inputs: readonly TensorReference[];
	readonly options: Readonly<Record<string, Json | TensorReference>>;
}

export const isObject = (value: Json | undefined): value is JsonObject =>
	typeof value === "object" && value !== null && !Array.isArray(value);

/** True for `[layer, node, tensor]`, which is how Keras 2 writes a tensor. */
export function isReference(value: Json | undefined): value is TensorReference {
	if (!Array.isArray(value) || value.length < 3) return false;
	const [layer, node, tensor] = value;
	return typeof layer === "string" && typeof node === "number" && typeof tensor === "number";
}

/** The calls of a layer from its `inbound_nodes`, as Keras 2 or Keras 3 writes them. */
export function readCalls(where: string, layer: string, nodes: Json | undefined): LayerCall[] {
	if (!Array.isArray(nodes)) return [];
	return nodes.map((node) => {
		if (isObject(node)) return readKeras3Call(node);
		if (Array.isArray(node)) return readKeras2Call(node);
		const message = `layer \`${layer}\` has an inbound node ${JSON.stringify(node)}; expected a list (Keras 2) or an object with \`args\` (Keras 3).`;
		throw new HeedError("VALUE", where, message);
	});
}

/** `[[layer, node, tensor, kwargs], …]`, where the first one's kwargs may name more tensors. */
function readKeras2Call(node: Json[]): LayerCall {
	const entries = (isReference(node) ? [node] : node) as Json[][];
	const inputs = entries.map(([layer, index, tensor]) => [layer, index, tensor] as TensorReference);
	const options = entries[0]?.[3];
	return { inputs, options: isObject(options) ? options : {} };
}

/** `{ args: [tensor, …], kwargs: {…} }`, where a tensor is `{ class_name: "__keras_tensor__", … }`. */
function readKeras3Call({ args = [], kwargs = {} }: JsonObject): LayerCall {
	const options = Object.entries(isObject(kwargs) ? kwargs : {}).map(([name, value]) => {
		const [reference] = referencesIn(value);
		return [name, reference ?? value] as const;
	});
	return { inputs: referencesIn(args), options: Object.fromEntries(options) };
}

/** Every tensor within a value, in order. */
function referencesIn(value: Json): TensorReference[] {
	if (Array.isArray(value)) return value.flatMap(referencesIn);
	if (!isObject(value) || value.class_name !== "__keras_tensor__") return [];
	const history = (value.config as JsonObject).keras_history as TensorReference;
	return [[history[0], history[1], history[2]]];
}

/** Calls as the host reads them: a list of tensors each, with what is no tensor beside the first. */
export function writeCalls(calls: readonly LayerCall[]): Json {
	return calls.map(({ inputs, options }) => {
		const plain = Object.entries(options).filter(
			([, value]) => value !== null && !isReference(value as Json),
		);
		return inputs.map(([layer, node, tensor], i): Json => {
			return [layer, node, tensor, i === 0 ? Object.fromEntries(plain) : {}];
		});
	});
}

/** `["x", 0, 0]` or `[["x", 0, 0], …]` as the latter. */
export function listReferences(value: Json | undefined): Json {
	return isReference(value) ? [value] : (value ?? []);
}
