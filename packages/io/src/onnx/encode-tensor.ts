import { dtypeLayout, type SafetensorsDtype, type SafetensorsTensor } from "../safetensors/dtype.ts";
import { arrayName, kindOf } from "../safetensors/kind-of.ts";
import { quoteName } from "../safetensors/safetensors-error.ts";
import { OnnxError } from "./onnx-error.ts";
import { intField, type Message, messageField, textField } from "./protobuf-message.ts";

/** The numbers of the element types in `TensorProto.DataType`. */
export const elementTypes: Readonly<Record<SafetensorsDtype, number>> = {
	F32: 1,
	U8: 2,
	I8: 3,
	U16: 4,
	I16: 5,
	I32: 6,
	I64: 7,
	BOOL: 9,
	F64: 11,
	U32: 12,
	U64: 13,
};

/** The number of an element type. */
export function elementType(what: string, dtype: SafetensorsDtype): number {
	if (Object.hasOwn(elementTypes, dtype)) return elementTypes[dtype];
	const known = Object.keys(elementTypes).join(", ");
	throw new OnnxError(
		"TENSOR",
		`${what} has the dtype ${quoteName(String(dtype))}; expected one of ${known}.`,
	);
}

/** A `TensorProto`; its numbers are not copied. */
export function encodeTensor(what: string, tensor: SafetensorsTensor, name?: string): Message {
	const { dtype, shape, data } = tensor;
	const type = elementType(what, dtype);
	const layout = dtypeLayout(dtype);
	const expected = layout === undefined || layout === "refused" ? "" : layout.arrayName;
	if (arrayName(data) !== expected) {
		throw new OnnxError(
			"TENSOR",
			`${what} is ${dtype}, but its data are ${kindOf(data)}; expected: ${expected}.`,
		);
	}
	const size = shape.reduce((product, axis) => product * axis, 1);
	if (!shape.every((axis) => Number.isSafeInteger(axis) && axis >= 0) || size !== data.length) {
		throw new OnnxError(
			"TENSOR",
			`${what} [${shape.slice(0, 8)}] needs ${size} values, but has ${data.length}.`,
		);
	}
	// Raw data are little-endian, as every JavaScript engine in use is.
	const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
	return [
		...shape.flatMap((axis) => intField(1, axis)),
		...intField(2, type),
		...(name === undefined ? [] : textField(8, name)),
		...messageField(9, [raw]),
	];
}
