import { describe, expect, it } from "vitest";
import { fileOf } from "../../test/raw-file.ts";
import { readSafetensors } from "./read-safetensors.ts";

const entry = (dtype: string, shape: number[], begin: number, end: number) => ({
	dtype,
	shape,
	data_offsets: [begin, end],
});

describe("readSafetensors", () => {
	it("reads tensors of every element type", () => {
		const data = new Uint8Array(64);
		const view = new DataView(data.buffer);
		view.setFloat64(0, Math.PI, true);
		view.setBigInt64(8, -(2n ** 62n) - 1n, true);
		view.setBigUint64(16, 2n ** 64n - 1n, true);
		view.setFloat32(24, 1.5, true);
		view.setInt32(28, -7, true);
		view.setUint32(32, 4294967295, true);
		view.setInt16(36, -300, true);
		view.setUint16(38, 65535, true);
		view.setInt8(40, -5);
		view.setUint8(41, 250);
		view.setUint8(42, 1);
		const { tensors, metadata } = readSafetensors(
			fileOf(
				{
					__metadata__: { format: "pt" },
					f64: entry("F64", [], 0, 8),
					i64: entry("I64", [1], 8, 16),
					u64: entry("U64", [1, 1], 16, 24),
					f32: entry("F32", [1], 24, 28),
					i32: entry("I32", [1], 28, 32),
					u32: entry("U32", [1], 32, 36),
					i16: entry("I16", [1], 36, 38),
					u16: entry("U16", [1], 38, 40),
					i8: entry("I8", [1], 40, 41),
					u8: entry("U8", [1], 41, 42),
					bool: entry("BOOL", [2], 42, 44),
					none: entry("F32", [3, 0, 5], 44, 44),
				},
				data.slice(0, 44),
			),
		);
		expect([...metadata]).toEqual([["format", "pt"]]);
		expect(tensors.get("f64")).toEqual({ dtype: "F64", shape: [], data: Float64Array.of(Math.PI) });
		expect(tensors.get("i64")?.data).toEqual(BigInt64Array.of(-(2n ** 62n) - 1n));
		expect(tensors.get("u64")).toEqual({
			dtype: "U64",
			shape: [1, 1],
			data: BigUint64Array.of(2n ** 64n - 1n),
		});
		expect(tensors.get("f32")?.data).toEqual(Float32Array.of(1.5));
		expect(tensors.get("i32")?.data).toEqual(Int32Array.of(-7));
		expect(tensors.get("u32")?.data).toEqual(Uint32Array.of(4294967295));
		expect(tensors.get("i16")?.data).toEqual(Int16Array.of(-300));
		expect(tensors.get("u16")?.data).toEqual(Uint16Array.of(65535));
		expect(tensors.get("i8")?.data).toEqual(Int8Array.of(-5));
		expect(tensors.get("u8")?.data).toEqual(Uint8Array.of(250));
		expect(tensors.get("bool")).toEqual({ dtype: "BOOL", shape: [2], data: Uint8Array.of(1, 0) });
		expect(tensors.get("none")).toEqual({ dtype: "F32", shape: [3, 0, 5], data: new Float32Array(0) });
	});

	it("widens half floats to float32 exactly", () => {
		// 1.0, -2.0, largest 65504, smallest subnormal 2^-24, infinity, NaN, -0
		const halves = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0x7e00, 0x8000);
		const f16 = readSafetensors(fileOf({ x: entry("F16", [7], 0, 14) }, new Uint8Array(halves.buffer)));
		expect(f16.tensors.get("x")).toEqual({
			dtype: "F32",
			shape: [7],
			data: Float32Array.of(1, -2, 65504, 2 ** -24, Number.POSITIVE_INFINITY, Number.NaN, -0),
		});
		// The upper halves of the float32 values 1.0 (0x3f800000), -3.140625 (0xc0490000), -Infinity (0xff800000)
		const brains = Uint16Array.of(0x3f80, 0xc049, 0xff80);
		const bf16 = readSafetensors(fileOf({ x: entry("BF16", [3], 0, 6) }, new Uint8Array(brains.buffer)));
		expect(bf16.tensors.get("x")?.data).toEqual(Float32Array.of(1, -3.140625, Number.NEGATIVE_INFINITY));
	});

	it("keeps names that would be dangerous as properties", () => {
		const header = `{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"__metadata__":{"__proto__":"x"},"constructor":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`;
		const { tensors, metadata } = readSafetensors(fileOf(header, Uint8Array.of(3, 4)));
		expect([...tensors.keys()]).toEqual(["__proto__", "constructor"]);
		expect(tensors.get("__proto__")?.data).toEqual(Uint8Array.of(3));
		expect(metadata.get("__proto__")).toBe("x");
		expect(Object.getPrototypeOf({})).toBe(Object.prototype);
		expect(({} as Record<string, unknown>).dtype).toBeUndefined();
	});

	it("accepts spaces, any order of fields and offsets, escapes, and an empty file of tensors", () => {
		const header = `{ "b\\u0041\\n" : { "data_offsets" : [ 1 , 2 ] , "shape" : [ 1 ] , "dtype" : "U8" } ,
			"a" : {"shape":[],"dtype":"I8","data_offsets":[0,1]} }     `;
		const { tensors } = readSafetensors(fileOf(header, Uint8Array.of(255, 7)));
		expect([...tensors.keys()]).toEqual(["bA\n", "a"]);
		expect(tensors.get("a")?.data).toEqual(Int8Array.of(-1));
		expect(readSafetensors(fileOf("{}")).tensors.size).toBe(0);
	});

	it("copies: neither an offset of the view nor a later write to the bytes matters", () => {
		const file = fileOf({ x: entry("F32", [1], 0, 4) }, new Uint8Array(Float32Array.of(2.5).buffer));
		const shifted = new Uint8Array(file.length + 3).subarray(3);
		shifted.set(file);
		const { tensors } = readSafetensors(shifted);
		shifted.fill(0);
		expect(tensors.get("x")?.data).toEqual(Float32Array.of(2.5));
	});

	it("tells a caller who passes a buffer what to do", () => {
		expect(() => readSafetensors(new ArrayBuffer(8) as never)).toThrow(/new Uint8Array\(buffer\)/);
	});
});
