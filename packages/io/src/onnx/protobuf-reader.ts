import { OnnxError } from "./onnx-error.ts";

/** One field of a message: its number, and its content as a whole number or as bytes, by its wire type. */
export interface WireField {
	readonly field: number;
	/** A varint, as an unsigned number of 64 bits. */
	readonly int?: bigint;
	/** A message, a text, packed numbers, or a number of fixed size. */
	readonly bytes?: Uint8Array;
}

/**
 * The fields of a message in the order of the file; bytes are views, not copies.
 *
 * @param what What the message is, for errors.
 * @throws OnnxError `FORMAT`.
 */
export function* wireFields(what: string, message: Uint8Array): Generator<WireField> {
	let at = 0;
	const varint = (): bigint => {
		const [value, next] = readVarint(what, message, at);
		at = next;
		return value;
	};
	const take = (size: number): Uint8Array => {
		if (size > message.length - at) throw broken(what, `a field of ${size} bytes ends behind it`);
		at += size;
		return message.subarray(at - size, at);
	};
	while (at < message.length) {
		const key = varint();
		const field = Number(key >> 3n);
		const type = Number(key & 7n);
		if (field === 0 || field > 0x1fffffff) throw broken(what, `a field has the number ${field}`);
		if (type === 0) yield { field, int: varint() };
		else if (type === 1) yield { field, bytes: take(8) };
		else if (type === 2) yield { field, bytes: take(Number(varint())) };
		else if (type === 5) yield { field, bytes: take(4) };
		else throw broken(what, `field ${field} has the wire type ${type}`);
	}
}

/**
 * Whole numbers of a repeated field, which may be packed or one by one.
 *
 * @throws OnnxError `FORMAT`.
 */
export function intsOf(what: string, { int, bytes = new Uint8Array() }: WireField): bigint[] {
	if (int !== undefined) return [BigInt.asIntN(64, int)];
	const values: bigint[] = [];
	for (let at = 0; at < bytes.length; ) {
		const [value, next] = readVarint(what, bytes, at);
		values.push(BigInt.asIntN(64, value));
		at = next;
	}
	return values;
}

/**
 * Float32 or float64 numbers of a repeated field, which may be packed or one by one.
 *
 * @throws OnnxError `FORMAT`.
 */
export function floatsOf(what: string, { bytes }: WireField, size: 4 | 8 = 4): number[] {
	if (bytes === undefined || bytes.length % size !== 0)
		throw broken(what, `its numbers are not of ${size} bytes`);
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	return Array.from({ length: bytes.length / size }, (_, i) =>
		size === 4 ? view.getFloat32(i * 4, true) : view.getFloat64(i * 8, true),
	);
}

/**
 * A text.
 *
 * @throws OnnxError `FORMAT`.
 */
export function textOf(what: string, field: WireField): string {
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(messageOf(what, field));
	} catch (error) {
		throw error instanceof OnnxError ? error : broken(what, `field ${field.field} is not UTF-8`);
	}
}

/**
 * The bytes of a message within a message.
 *
 * @throws OnnxError `FORMAT`.
 */
export function messageOf(what: string, { field, bytes }: WireField): Uint8Array {
	if (bytes === undefined) throw broken(what, `field ${field} is a number`);
	return bytes;
}

/** The one error for bytes that are no message of the kind. */
export function broken(what: string, why: string): OnnxError {
	return new OnnxError("FORMAT", `${what} is damaged, or no ONNX: ${why}.`, "readOnnxModel");
}

function readVarint(what: string, bytes: Uint8Array, from: number): [value: bigint, next: number] {
	let value = 0n;
	for (let i = 0; i < 10; i++) {
		const byte = bytes[from + i];
		if (byte === undefined) throw broken(what, "it ends within a number");
		value |= BigInt(byte & 0x7f) << BigInt(7 * i);
		if (byte < 0x80) return [BigInt.asUintN(64, value), from + i + 1];
	}
	throw broken(what, "a number has more than ten bytes");
}
