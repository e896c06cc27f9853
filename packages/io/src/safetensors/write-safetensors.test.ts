import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectRefusal } from "../../test/raw-file.ts";
import type { SafetensorsTensor } from "./dtype.ts";
import { readSafetensors } from "./read-safetensors.ts";
import { writeSafetensors } from "./write-safetensors.ts";

const f32 = (...values: number[]): SafetensorsTensor => ({
	dtype: "F32",
	shape: [values.length],
	data: Float32Array.from(values),
});

const arrays = {
	F64: (bytes: ArrayBuffer) => new Float64Array(bytes),
	F32: (bytes: ArrayBuffer) => new Float32Array(bytes),
	I64: (bytes: ArrayBuffer) => new BigInt64Array(bytes),
	U64: (bytes: ArrayBuffer) => new BigUint64Array(bytes),
	I32: (bytes: ArrayBuffer) => new Int32Array(bytes),
	U32: (bytes: ArrayBuffer) => new Uint32Array(bytes),
	I16: (bytes: ArrayBuffer) => new Int16Array(bytes),
	U16: (bytes: ArrayBuffer) => new Uint16Array(bytes),
	I8: (bytes: ArrayBuffer) => new Int8Array(bytes),
	U8: (bytes: ArrayBuffer) => new Uint8Array(bytes),
	BOOL: (bytes: ArrayBuffer) => new Uint8Array(bytes),
};

/** Tensors of any type and any bits, NaNs and infinities among them. */
const anyTensor: fc.Arbitrary<SafetensorsTensor> = fc
	.record({
		dtype: fc.constantFrom(...(Object.keys(arrays) as (keyof typeof arrays)[])),
		shape: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
		noise: fc.uint8Array({ minLength: 216, maxLength: 216 }),
	})
	.map(({ dtype, shape, noise }) => {
		const size = shape.reduce((product, axis) => product * axis, 1);
		const elementBytes = arrays[dtype](new ArrayBuffer(0)).BYTES_PER_ELEMENT;
		const data = arrays[dtype](noise.slice(0, size * elementBytes).buffer);
		return { dtype, shape, data } as SafetensorsTensor; // dtype and class were chosen together
	});

const anyName = fc.oneof(
	fc.string(),
	fc.constantFrom("__proto__", "constructor", "toString", "", "0", 'é\n"\\'),
);

const bytesOf = ({ data }: SafetensorsTensor) =>
	new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

describe("writeSafetensors", () => {
	it("writes what the format prescribes, byte by byte", () => {
		const file = writeSafetensors([["b", f32(1)]], [["k", "v"]]);
		const header = '{"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
		const padded = header.padEnd(Math.ceil(header.length / 8) * 8, " ");
		expect(file[0]).toBe(padded.length);
		expect([...file.subarray(1, 8)]).toEqual([0, 0, 0, 0, 0, 0, 0]);
		expect(new TextDecoder().decode(file.subarray(8, 8 + padded.length))).toBe(padded);
		expect([...file.subarray(8 + padded.length)]).toEqual([0, 0, 0x80, 0x3f]); // 1.0 = 0x3f800000
	});

	it("gives back every tensor, name and note", () => {
		fc.assert(
			fc.property(
				fc.uniqueArray(fc.tuple(anyName, anyTensor), { selector: ([name]) => name, maxLength: 6 }),
				fc.uniqueArray(fc.tuple(anyName, fc.string()), { selector: ([name]) => name, maxLength: 4 }),
				(tensors, metadata) => {
					const file = writeSafetensors(tensors, metadata);
					const back = readSafetensors(file);
					expect([...back.metadata]).toEqual(metadata);
					expect(back.tensors.size).toBe(tensors.length);
					for (const [name, tensor] of tensors) {
						const read = back.tensors.get(name);
						expect(read?.dtype).toBe(tensor.dtype);
						expect(read?.shape).toEqual(tensor.shape);
						expect(read && bytesOf(read)).toEqual(bytesOf(tensor));
					}
					expect(writeSafetensors([...tensors].reverse(), metadata)).toEqual(file);
				},
			),
			{ seed: 1, numRuns: 100 },
		);
	});

	it("orders by element size, then by name, so that every tensor is aligned", () => {
		const file = writeSafetensors([
			["a", { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 3) }],
			["z", f32(1)],
			["c", f32(2)],
			["m", { dtype: "F64", shape: [], data: Float64Array.of(4) }],
		]);
		expect([...readSafetensors(file).tensors.keys()]).toEqual(["m", "c", "z", "a"]);
	});

	it("writes only the part that a view shows", () => {
		const all = Float32Array.of(1, 2, 3, 4);
		const file = writeSafetensors([["x", { dtype: "F32", shape: [2], data: all.subarray(1, 3) }]]);
		expect(readSafetensors(file).tensors.get("x")?.data).toEqual(Float32Array.of(2, 3));
	});

	it("refuses what could not be read back", () => {
		const x = f32(1);
		expectRefusal(
			() =>
				writeSafetensors([
					["a", x],
					["a", x],
				]),
			"DUPLICATE_NAME",
		);
		expectRefusal(
			() =>
				writeSafetensors(
					[],
					[
						["k", "1"],
						["k", "2"],
					],
				),
			"DUPLICATE_NAME",
		);
		expectRefusal(() => writeSafetensors([["__metadata__", x]]), "NAME");
		expectRefusal(() => writeSafetensors([["\ud800", x]]), "NAME");
		expectRefusal(() => writeSafetensors([], [["k", 1 as never]]), "METADATA");
		expectRefusal(() => writeSafetensors([["a", { ...x, shape: [2] }]]), "SIZE_MISMATCH");
		expectRefusal(() => writeSafetensors([["a", { ...x, shape: [-1] }]]), "SHAPE");
		expectRefusal(() => writeSafetensors([["a", { ...x, shape: [0.5, 2] }]]), "SHAPE");
		expectRefusal(() => writeSafetensors([["a", { ...x, dtype: "I32" } as never]]), "UNSUPPORTED_DTYPE");
		expectRefusal(() => writeSafetensors([["a", { ...x, dtype: "BF16" } as never]]), "UNSUPPORTED_DTYPE");
		expectRefusal(() => writeSafetensors([["a", { ...x, data: [1] } as never]]), "UNSUPPORTED_DTYPE");
		expectRefusal(() => writeSafetensors([], [["k", "x".repeat(25_000_001)]]), "HEADER_TOO_LARGE");
	});
});
