import { kindOf } from "../safetensors/kind-of.ts";
import { quoteName } from "../safetensors/safetensors-error.ts";
import { encodeTensor } from "./encode-tensor.ts";
import { OnnxError } from "./onnx-error.ts";
import type { OnnxAttribute } from "./onnx-model.ts";
import { floatField, intField, type Message, messageField, textField } from "./protobuf-message.ts";

/** An `AttributeProto`. */
export function encodeAttribute(where: string, name: string, attribute: OnnxAttribute): Message {
	const what = `attribute ${quoteName(name)} of ${where}`;
	const [type, value] = encodeValue(what, attribute);
	return [...textField(1, name), ...value, ...intField(20, type)];
}

/** The number of the type in `AttributeProto.AttributeType`, and the field of the value. */
function encodeValue(what: string, attribute: OnnxAttribute): [type: number, field: Message] {
	if (typeof attribute === "object" && attribute !== null && Object.keys(attribute).length === 1) {
		if ("float" in attribute) return [1, floatField(2, float(what, attribute.float))];
		if ("int" in attribute) return [2, intField(3, int(what, attribute.int))];
		if ("text" in attribute) return [3, textField(4, attribute.text)];
		if ("tensor" in attribute) return [4, messageField(5, encodeTensor(what, attribute.tensor))];
		if ("floats" in attribute)
			return [6, attribute.floats.flatMap((value) => floatField(7, float(what, value)))];
		if ("ints" in attribute) return [7, attribute.ints.flatMap((value) => intField(8, int(what, value)))];
		if ("texts" in attribute) return [8, attribute.texts.flatMap((value) => textField(9, value))];
	}
	throw new OnnxError(
		"ATTRIBUTE",
		`${what} is ${kindOf(attribute)}; expected one of { int }, { ints }, { float }, { floats }, { text }, { texts } and { tensor }.`,
	);
}

function int(what: string, value: unknown): number | bigint {
	const fits = typeof value === "bigint" ? BigInt.asIntN(64, value) === value : Number.isSafeInteger(value);
	if (fits) return value as number | bigint;
	throw new OnnxError("ATTRIBUTE", `${what} is ${String(value)}; expected a whole number of 64 bits.`);
}

function float(what: string, value: unknown): number {
	if (typeof value === "number") return value;
	throw new OnnxError("ATTRIBUTE", `${what} is ${kindOf(value)}; expected a number.`);
}
