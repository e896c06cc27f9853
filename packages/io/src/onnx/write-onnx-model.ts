import { quoteName } from "../safetensors/safetensors-error.ts";
import { checkName, checkOnnxModel } from "./check-onnx-model.ts";
import { encodeAttribute } from "./encode-attribute.ts";
import { elementType, encodeTensor } from "./encode-tensor.ts";
import { OnnxError } from "./onnx-error.ts";
import type { OnnxModel, OnnxNode, OnnxValue } from "./onnx-model.ts";
import {
	intField,
	joinMessage,
	type Message,
	messageBytes,
	messageField,
	textField,
} from "./protobuf-message.ts";

const mostBytes = 2 ** 31 - 1;

/**
 * Writes a model as an ONNX file, which ONNX Runtime and others run.
 *
 * What the names say is checked: every operand is there before the operator that takes it, no name comes twice. Whether an
 * operator exists, and takes what it is given, is for the reader to say. Equal models give equal bytes.
 *
 * The format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; the operators:
 * https://onnx.ai/onnx/operators.
 *
 * @throws OnnxError
 */
export function writeOnnxModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
	checkOnnxModel(model);
	const { opset, domains = {} } = model;
	const message: Message = [
		...intField(1, irVersion(opset)),
		...textField(2, "heed"),
		...messageField(7, encodeGraph(model)),
		...[["", opset] as const, ...Object.entries(domains)].flatMap(([domain, version]) =>
			messageField(8, [...textField(1, domain), ...intField(2, version)]),
		),
	];
	const bytes = messageBytes(message);
	if (bytes <= mostBytes) return joinMessage(message);
	throw new OnnxError("TOO_LARGE", `the model needs ${bytes} bytes; a file can have ${mostBytes}.`);
}

/** The version of the file format that came with a version of the operators: readers refuse what is newer than they are. */
function irVersion(opset: number): number {
	if (opset >= 24) return 12;
	if (opset >= 23) return 11;
	if (opset >= 21) return 10;
	return opset >= 19 ? 9 : 8;
}

function encodeGraph({ name = "graph", inputs, outputs, initializers = [], nodes }: OnnxModel): Message {
	checkName("the graph", name);
	return [
		...nodes.flatMap((node, index) => messageField(1, encodeNode(`node ${index} (${node.op})`, node))),
		...textField(2, name),
		...initializers.flatMap((tensor) =>
			messageField(5, encodeTensor(`initializer ${quoteName(tensor.name)}`, tensor, tensor.name)),
		),
		...inputs.flatMap((value) => messageField(11, encodeValue(value))),
		...outputs.flatMap((value) => messageField(12, encodeValue(value))),
	];
}

function encodeNode(what: string, { op, domain, inputs, outputs, attributes = {} }: OnnxNode): Message {
	return [
		...inputs.flatMap((name) => textField(1, name)),
		...outputs.flatMap((name) => textField(2, name)),
		...textField(4, op),
		...Object.entries(attributes).flatMap(([name, value]) =>
			messageField(5, encodeAttribute(what, name, value)),
		),
		...(domain === undefined ? [] : textField(7, domain)),
	];
}

/** A `ValueInfoProto`: the name, and in it the type, and in that the shape. */
function encodeValue({ name, dtype, shape }: OnnxValue): Message {
	const dimensions = shape.flatMap((size) =>
		messageField(1, typeof size === "string" ? textField(2, size) : intField(1, size)),
	);
	const tensor = [...intField(1, elementType(quoteName(name), dtype)), ...messageField(2, dimensions)];
	return [...textField(1, name), ...messageField(2, messageField(1, tensor))];
}
