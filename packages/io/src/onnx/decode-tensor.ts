import { dtypeLayout, type SafetensorsDtype, type SafetensorsTensor } from "../safetensors/dtype.ts";
import { widenF16 } from "../safetensors/half-floats.ts";
import { quoteName } from "../safetensors/safetensors-error.ts";
import { elementTypes } from "./encode-tensor.ts";
import { OnnxError } from "./onnx-error.ts";
import {
	broken,
	floatsOf,
	intsOf,
	messageOf,
	textOf,
	type WireField,
	wireFields,
} from "./protobuf-reader.ts";

const names: ReadonlyMap<number, SafetensorsDtype | "F16" | "BF16"> = new Map([
	...(Object.entries(elementTypes) as [SafetensorsDtype, number][]).map(
		([dtype, type]) => [type, dtype] as const,
	),
	[10, "F16"] as const,
	[16, "BF16"] as const,
]);

/** The element type of a number of `TensorProto.DataType`; half floats are widened to F32. */
export function dtypeOf(what: string, type: number): SafetensorsDtype {
	const stored = storedDtype(what, type);
	return stored === "F16" || stored === "BF16" ? "F32" : stored;
}

/**
 * A `TensorProto`, in an array of its own.
 *
 * @throws OnnxError `FORMAT`, `TENSOR`.
 */
export function decodeTensor(
	what: string,
	message: Uint8Array,
): { readonly name: string; readonly tensor: SafetensorsTensor } {
	let shape: number[] = [];
	const typed: WireField[] = [];
	let [type, name, raw]: [number, string, Uint8Array | undefined] = [0, "", undefined];
	for (const field of wireFields(what, message)) {
		if (field.field === 1) shape = shape.concat(intsOf(what, field).map(Number));
		else if (field.field === 2) type = Number(field.int);
		else if (field.field === 8) name = textOf(what, field);
		else if (field.field === 9) raw = messageOf(what, field);
		else if (field.field === 14 && field.int === 1n) {
			throw tensorError(`${what} keeps its numbers in another file. Save the model with its weights inside.`);
		} else if ([4, 5, 7, 10, 11].includes(field.field)) typed.push(field);
	}
	const which = name === "" ? what : `${what} ${quoteName(name)}`;
	const stored = storedDtype(which, type);
	if (!shape.every((axis) => Number.isSafeInteger(axis) && axis >= 0)) {
		throw tensorError(`${which} has the shape [${shape.slice(0, 8)}]; expected whole numbers ≥ 0.`);
	}
	const size = shape.reduce((product, axis) => product * axis, 1);
	const layout = dtypeLayout(stored);
	if (layout === undefined || layout === "refused") throw unknownType(which, type);
	if (raw === undefined) return { name, tensor: fromTyped(which, stored, shape, size, typed) };
	if (raw.length !== size * layout.bytes) {
		throw tensorError(`${which} [${shape}] needs ${size * layout.bytes} bytes, but has ${raw.length}.`);
	}
	return { name, tensor: layout.decode(new Uint8Array(raw).buffer, shape) };
}

/** The numbers of the fields `float_data`, `int32_data`, `int64_data`, `double_data` or `uint64_data`. */
function fromTyped(
	which: string,
	stored: SafetensorsDtype | "F16" | "BF16",
	shape: readonly number[],
	size: number,
	fields: readonly WireField[],
): SafetensorsTensor {
	const expected = { F32: 4, F64: 10, I64: 7, U64: 11, U32: 11 }[stored as string] ?? 5;
	const own = fields.filter(({ field }) => field === expected);
	const check = (count: number): void => {
		if (count !== size) throw tensorError(`${which} [${shape}] needs ${size} values, but has ${count}.`);
	};
	if (stored === "F32" || stored === "F64") {
		const values = own.flatMap((field) => floatsOf(which, field, stored === "F32" ? 4 : 8));
		check(values.length);
		if (stored === "F32") return { dtype: "F32", shape, data: Float32Array.from(values) };
		return { dtype: "F64", shape, data: Float64Array.from(values) };
	}
	const values = own.flatMap((field) => intsOf(which, field));
	check(values.length);
	if (stored === "I64") return { dtype: "I64", shape, data: BigInt64Array.from(values) };
	if (stored === "U64") return { dtype: "U64", shape, data: BigUint64Array.from(values) };
	const numbers = values.map(Number);
	if (stored === "F16") return { dtype: "F32", shape, data: widenF16(Uint16Array.from(numbers)) };
	if (stored === "I32") return { dtype: "I32", shape, data: Int32Array.from(numbers) };
	if (stored === "U32") return { dtype: "U32", shape, data: Uint32Array.from(numbers) };
	if (stored === "I16") return { dtype: "I16", shape, data: Int16Array.from(numbers) };
	if (stored === "U16") return { dtype: "U16", shape, data: Uint16Array.from(numbers) };
	if (stored === "I8") return { dtype: "I8", shape, data: Int8Array.from(numbers) };
	if (stored === "U8" || stored === "BOOL") return { dtype: stored, shape, data: Uint8Array.from(numbers) };
	throw broken(which, `its ${stored} are not raw data`);
}

function storedDtype(which: string, type: number): SafetensorsDtype | "F16" | "BF16" {
	const dtype = names.get(type);
	if (dtype === undefined) throw unknownType(which, type);
	return dtype;
}

function unknownType(which: string, type: number): OnnxError {
	return tensorError(
		`${which} has the element type ${type}; expected one of ${[...names.values()].join(", ")}.`,
	);
}

function tensorError(message: string): OnnxError {
	return new OnnxError("TENSOR", message, "readOnnxModel");
}
