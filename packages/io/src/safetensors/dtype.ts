import { widenBf16, widenF16 } from "./half-floats.ts";

/** The element types of a tensor in memory, and the array that holds each. A `BOOL` is one byte, 0 or 1. */
export interface SafetensorsArrays {
	F64: Float64Array;
	F32: Float32Array;
	I64: BigInt64Array;
	U64: BigUint64Array;
	I32: Int32Array;
	U32: Uint32Array;
	I16: Int16Array;
	U16: Uint16Array;
	I8: Int8Array;
	U8: Uint8Array;
	BOOL: Uint8Array;
}

/** The name of an element type, as it stands in a file. */
export type SafetensorsDtype = keyof SafetensorsArrays;

/** One tensor: row-major `data` whose length is the product of `shape`, and whose class follows from `dtype`. */
export type SafetensorsTensor = {
	[D in SafetensorsDtype]: {
		readonly dtype: D;
		/** Axis sizes; `[]` is a scalar, a size may be 0. */
		readonly shape: readonly number[];
		readonly data: SafetensorsArrays[D];
	};
}[SafetensorsDtype];

/** How one element type lies in a file and becomes a tensor. */
export interface DtypeLayout {
	/** Bytes of one element. */
	readonly bytes: number;
	/** Name of the array class that the writer expects. */
	readonly arrayName: string;
	/** Makes the tensor from its own copy of the bytes, which begins at 0. */
	readonly decode: (bytes: ArrayBuffer, shape: readonly number[]) => SafetensorsTensor;
}

// Every JavaScript engine in use is little-endian, as the format is, so an array over the bytes is the tensor.
const layouts: ReadonlyMap<string, DtypeLayout> = new Map<string, DtypeLayout>([
	["F64", layout(8, "Float64Array", (b, shape) => ({ dtype: "F64", shape, data: new Float64Array(b) }))],
	["F32", layout(4, "Float32Array", (b, shape) => ({ dtype: "F32", shape, data: new Float32Array(b) }))],
	["F16", layout(2, "", (b, shape) => ({ dtype: "F32", shape, data: widenF16(new Uint16Array(b)) }))],
	["BF16", layout(2, "", (b, shape) => ({ dtype: "F32", shape, data: widenBf16(new Uint16Array(b)) }))],
	["I64", layout(8, "BigInt64Array", (b, shape) => ({ dtype: "I64", shape, data: new BigInt64Array(b) }))],
	["U64", layout(8, "BigUint64Array", (b, shape) => ({ dtype: "U64", shape, data: new BigUint64Array(b) }))],
	["I32", layout(4, "Int32Array", (b, shape) => ({ dtype: "I32", shape, data: new Int32Array(b) }))],
	["U32", layout(4, "Uint32Array", (b, shape) => ({ dtype: "U32", shape, data: new Uint32Array(b) }))],
	["I16", layout(2, "Int16Array", (b, shape) => ({ dtype: "I16", shape, data: new Int16Array(b) }))],
	["U16", layout(2, "Uint16Array", (b, shape) => ({ dtype: "U16", shape, data: new Uint16Array(b) }))],
	["I8", layout(1, "Int8Array", (b, shape) => ({ dtype: "I8", shape, data: new Int8Array(b) }))],
	["U8", layout(1, "Uint8Array", (b, shape) => ({ dtype: "U8", shape, data: new Uint8Array(b) }))],
	["BOOL", layout(1, "Uint8Array", (b, shape) => ({ dtype: "BOOL", shape, data: new Uint8Array(b) }))],
]);

/** Element types of the format that have no array in JavaScript, and that nobody asked for yet. */
const refused: ReadonlySet<string> = new Set([
	"F4",
	"F6_E2M3",
	"F6_E3M2",
	"F8_E4M3",
	"F8_E4M3FNUZ",
	"F8_E5M2",
	"F8_E5M2FNUZ",
	"F8_E8M0",
	"C64",
]);

function layout(bytes: number, arrayName: string, decode: DtypeLayout["decode"]): DtypeLayout {
	return { bytes, arrayName, decode };
}

/** The layout of an element type, `"refused"` when the format knows it and this reader does not, else `undefined`. */
export function dtypeLayout(dtype: string): DtypeLayout | "refused" | undefined {
	return layouts.get(dtype) ?? (refused.has(dtype) ? "refused" : undefined);
}

/** The element types that can be written, for messages. */
export function writableDtypes(): string {
	return [...layouts].flatMap(([dtype, { arrayName }]) => (arrayName === "" ? [] : [dtype])).join(", ");
}
