import { quoteName } from "../safetensors/safetensors-error.ts";
import { decodeTensor, dtypeOf } from "./decode-tensor.ts";
import { OnnxError } from "./onnx-error.ts";
import type { OnnxAttribute, OnnxInitializer, OnnxModel, OnnxNode, OnnxValue } from "./onnx-model.ts";
import {
	broken,
	floatsOf,
	intsOf,
	messageOf,
	textOf,
	type WireField,
	wireFields,
} from "./protobuf-reader.ts";

/**
 * Reads an ONNX file: what {@link writeOnnxModel} writes, and what PyTorch, Paddle and others export. It reads the graph; running
 * it is left to you, or to ONNX Runtime.
 *
 * Half floats are widened to F32. Values without a known shape are left out of `outputs`' shapes: `[]`. Names and descriptions that
 * change nothing, such as those of nodes, are not kept.
 *
 * The format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 *
 * @param bytes The whole file. It is untrusted input: whatever it holds, the only thing thrown is an `OnnxError`.
 * @throws OnnxError `FORMAT` for bytes that are no ONNX model; `TENSOR`, `ATTRIBUTE` or `OPSET` for what this reader does not know:
 *   weights in other files, sparse tensors, texts as tensors, graphs as attributes.
 */
export function readOnnxModel(bytes: Uint8Array): OnnxModel {
	const domains: Record<string, number> = {};
	let graph: Uint8Array | undefined;
	let opset = 0;
	for (const field of wireFields("the model", bytes)) {
		if (field.field === 7) graph = messageOf("the model", field);
		if (field.field !== 8) continue;
		const [domain, version] = readOpset(messageOf("the model", field));
		if (domain === "" || domain === "ai.onnx") opset = version;
		else domains[domain] = version;
	}
	if (graph === undefined) throw broken("the model", "it has no graph");
	if (opset < 1) throw refused("OPSET", "the version of the standard operators is missing.");
	return { opset, domains, ...readGraph(graph) };
}

function readOpset(message: Uint8Array): [domain: string, version: number] {
	let [domain, version] = ["", 0];
	for (const field of wireFields("an opset", message)) {
		if (field.field === 1) domain = textOf("an opset", field);
		if (field.field === 2) version = Number(field.int);
	}
	return [domain, version];
}

function readGraph(message: Uint8Array): Omit<OnnxModel, "opset" | "domains"> {
	const nodes: OnnxNode[] = [];
	const initializers: OnnxInitializer[] = [];
	const inputs: OnnxValue[] = [];
	const outputs: OnnxValue[] = [];
	let name = "";
	for (const field of wireFields("the graph", message)) {
		const content = (): Uint8Array => messageOf("the graph", field);
		if (field.field === 1) nodes.push(readNode(`node ${nodes.length}`, content()));
		else if (field.field === 2) name = textOf("the graph", field);
		else if (field.field === 5) {
			const { name: own, tensor } = decodeTensor(`initializer ${initializers.length}`, content());
			initializers.push({ ...tensor, name: own });
		} else if (field.field === 11) inputs.push(readValue(`input ${inputs.length}`, content()));
		else if (field.field === 12) outputs.push(readValue(`output ${outputs.length}`, content()));
		else if (field.field === 15) throw refused("TENSOR", "the graph has sparse initializers.");
	}
	// Old files list their weights among the inputs as well.
	const constant = new Set(initializers.map((tensor) => tensor.name));
	const fed = inputs.filter((value) => !constant.has(value.name));
	return { ...(name !== "" && { name }), inputs: fed, outputs, initializers, nodes };
}

function readNode(index: string, message: Uint8Array): OnnxNode {
	const inputs: string[] = [];
	const outputs: string[] = [];
	const attributes: Record<string, OnnxAttribute> = {};
	let [op, domain] = ["", ""];
	const named = (): string => (op === "" ? index : `${index} (${op})`);
	const waiting: Uint8Array[] = []; // the operator's name may come behind them
	for (const field of wireFields(index, message)) {
		if (field.field === 1) inputs.push(textOf(index, field));
		else if (field.field === 2) outputs.push(textOf(index, field));
		else if (field.field === 4) op = textOf(index, field);
		else if (field.field === 5) waiting.push(messageOf(index, field));
		else if (field.field === 7) domain = textOf(index, field);
	}
	for (const attribute of waiting) {
		const [name, value] = readAttribute(named(), attribute);
		Object.defineProperty(attributes, name, { value, enumerable: true }); // also a name such as __proto__
	}
	return { op, ...(domain !== "" && domain !== "ai.onnx" && { domain }), inputs, outputs, attributes };
}

function readAttribute(node: string, message: Uint8Array): [name: string, value: OnnxAttribute] {
	const where = `an attribute of ${node}`;
	const floats: WireField[] = [];
	const ints: WireField[] = [];
	const texts: string[] = [];
	let [name, text, type]: [string, string, number | undefined] = ["", "", undefined];
	let [float, int, tensor]: [number, bigint, Uint8Array | undefined] = [0, 0n, undefined];
	for (const field of wireFields(where, message)) {
		if (field.field === 1) name = textOf(where, field);
		else if (field.field === 2) float = floatsOf(where, field)[0] ?? 0;
		else if (field.field === 3) int = intsOf(where, field)[0] ?? 0n;
		else if (field.field === 4) text = textOf(where, field);
		else if (field.field === 5) tensor = messageOf(where, field);
		else if (field.field === 7) floats.push(field);
		else if (field.field === 8) ints.push(field);
		else if (field.field === 9) texts.push(textOf(where, field));
		else if (field.field === 20) type = Number(field.int);
	}
	const what = `attribute ${quoteName(name)} of ${node}`;
	if (type === 1) return [name, { float }];
	if (type === 2) return [name, { int: narrow(int) }];
	if (type === 3) return [name, { text }];
	if (type === 4 && tensor !== undefined) return [name, { tensor: decodeTensor(what, tensor).tensor }];
	if (type === 6) return [name, { floats: floats.flatMap((field) => floatsOf(what, field)) }];
	if (type === 7) return [name, { ints: ints.flatMap((field) => intsOf(what, field)).map(narrow) }];
	if (type === 8) return [name, { texts }];
	const expected = "a number, a text, a tensor, or several numbers or texts";
	throw refused("ATTRIBUTE", `${what} is of the type ${type ?? "none"}; expected ${expected}.`);
}

function readValue(what: string, message: Uint8Array): OnnxValue {
	let [name, type, shape]: [string, number, readonly (number | string)[]] = ["", 0, []];
	for (const field of wireFields(what, message)) {
		if (field.field === 1) name = textOf(what, field);
		if (field.field !== 2) continue;
		for (const kind of wireFields(what, messageOf(what, field))) {
			if (kind.field !== 1) throw refused("TENSOR", `${what} ${quoteName(name)} is no tensor.`);
			for (const part of wireFields(what, messageOf(what, kind))) {
				if (part.field === 1) type = Number(part.int);
				if (part.field === 2) shape = readShape(what, messageOf(what, part));
			}
		}
	}
	return { name, dtype: dtypeOf(`${what} ${quoteName(name)}`, type), shape };
}

/** Axes of unknown size have the name `?`, unless the file has another; so have those of -1, which old exporters write. */
function readShape(what: string, message: Uint8Array): (number | string)[] {
	const shape: (number | string)[] = [];
	for (const field of wireFields(what, message)) {
		if (field.field !== 1) continue;
		let size: number | string = "?";
		for (const part of wireFields(what, messageOf(what, field))) {
			if (part.field === 1) size = Number(BigInt.asIntN(64, part.int ?? -1n));
			if (part.field === 2) size = textOf(what, part);
		}
		shape.push(typeof size === "number" && size < 0 ? "?" : size);
	}
	return shape;
}

/** A number where it is one exactly. */
function narrow(value: bigint): number | bigint {
	return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function refused(code: "OPSET" | "TENSOR" | "ATTRIBUTE", message: string): OnnxError {
	return new OnnxError(code, message, "readOnnxModel");
}
