import { HeedError } from "@heed/core";

/** JSON of a model's topology. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** An object of JSON. */
export type JsonObject = { [key: string]: Json };

/** A tensor of the graph: layer, call of the layer, output of the call. */
export type TensorReference = [layer: string, node: number, tensor: number];

/** One call of a layer, its tensors as references: what came by position, tensors in lists too, and by name. */
export interface LayerCall {
	readonly args: readonly Json[];
	readonly options: Readonly<Record<string, Json>>;
}

/** One call as the host reads it: the tensors in order, and what else it was called with, no tensor among it. */
export interface WrittenCall {
	readonly inputs: readonly TensorReference[];
	readonly options: Readonly<Record<string, Json>>;
}

export const isObject = (value: Json | undefined): value is JsonObject =>
	typeof value === "object" && value !== null && !Array.isArray(value);

/** True for `[layer, node, tensor]`, which is how Keras 2 writes a tensor. */
export function isReference(value: Json | undefined): value is TensorReference {
	if (!Array.isArray(value) || value.length < 3) return false;
	const [layer, node, tensor] = value;
	if (layer === "_CONSTANT_VALUE") return false;
	return typeof layer === "string" && typeof node === "number" && typeof tensor === "number";
}

/** True for what says nothing: null, false, or a list of such. */
export function isNothing(value: Json | undefined): boolean {
	return (
		value === undefined ||
		value === null ||
		value === false ||
		(Array.isArray(value) && value.every(isNothing))
	);
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

/** `[[layer, node, tensor, kwargs], …]`, where the first one's kwargs may name more tensors. A constant stays as it is. */
function readKeras2Call(node: Json[]): LayerCall {
	const entries = (isReference(node) ? [node] : node) as Json[][];
	const tensors = entries.map((entry): Json => (isReference(entry) ? entry.slice(0, 3) : entry));
	const options = entries[0]?.[3];
	return { args: [tensors], options: isObject(options) ? options : {} };
}

/** `{ args: [tensor, …], kwargs: {…} }`, where a tensor is `{ class_name: "__keras_tensor__", … }`. A constant stays as it is. */
function readKeras3Call({ args = [], kwargs = {} }: JsonObject): LayerCall {
	const options = Object.entries(isObject(kwargs) ? kwargs : {});
	return {
		args: Array.isArray(args) ? args.map(withReferences) : [],
		options: Object.fromEntries(options.map(([name, value]) => [name, withReferences(value)])),
	};
}

/** The same with a reference in the place of every tensor. */
function withReferences(value: Json): Json {
	if (Array.isArray(value)) return value.map(withReferences);
	if (!isObject(value) || value.class_name !== "__keras_tensor__") return value;
	const history = (value.config as JsonObject).keras_history as TensorReference;
	return [history[0], history[1], history[2]];
}

/**
 * A call of a layer that is not converted.
 *
 * @throws HeedError `UNSUPPORTED` for a constant among the inputs or a tensor among the options, which the host does not read.
 */
export function plainCall(where: string, layer: string, { args, options }: LayerCall): WrittenCall {
	const refuse = (message: string): never => {
		throw new HeedError("UNSUPPORTED", where, `layer \`${layer}\` ${message}, which tf.layers cannot load.`);
	};
	const tensorsOf = (value: Json): TensorReference[] => {
		if (isReference(value)) return [value];
		if (isNothing(value)) return [];
		if (Array.isArray(value) && value.every((one) => typeof one === "object"))
			return value.flatMap(tensorsOf);
		return refuse(`is called with the constant ${JSON.stringify(value).slice(0, 60)}`);
	};
	for (const [name, value] of Object.entries(options)) {
		if (hasTensor(value)) refuse(`is called with a tensor as \`${name}\``);
	}
	return { inputs: args.flatMap(tensorsOf), options };
}

function hasTensor(value: Json): boolean {
	return isReference(value) || (Array.isArray(value) && value.some(hasTensor));
}

/** Calls as the host reads them: a list of tensors each, with what is no tensor beside the first. */
export function writeCalls(calls: readonly WrittenCall[]): Json {
	return calls.map(({ inputs, options }) => {
		const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null));
		return inputs.map(([layer, node, tensor], i): Json => [layer, node, tensor, i === 0 ? given : {}]);
	});
}

/** `["x", 0, 0]` or `[["x", 0, 0], …]` as the latter. */
export function listReferences(value: Json | undefined): Json {
	return isReference(value) ? [value] : (value ?? []);
}
