import { runInNewContext } from "node:vm";
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
		const bits = dtype === "BOOL" ? noise.map((byte) => byte & 1) : noise;
		const data = arrays[dtype](bits.slice(0, size * elementBytes).buffer);
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

	it("takes a plain object for tensors and for metadata", () => {
		const file = writeSafetensors({ b: f32(1), a: f32(2) }, { k: "v" });
		expect(file).toEqual(writeSafetensors(new Map(Object.entries({ a: f32(2), b: f32(1) })), [["k", "v"]]));
	});

	it.each([
		[
			() => writeSafetensors(null as never),
			"tensors are null; expected a Map, [name, value] pairs or a plain",
		],
		[() => writeSafetensors(new Float32Array(2) as never), "tensors are a Float32Array; expected a Map"],
		[() => writeSafetensors([f32(1)] as never), "item 0 of tensors is an object; expected a Map"],
		[() => writeSafetensors([], "k=v" as never), "metadata are a string; expected a Map"],
		[() => writeSafetensors([["a", null as never]]), 'tensor "a" is null; expected { dtype, shape, data }'],
		[() => writeSafetensors({ a: 1 as never }), 'tensor "a" is a number; expected { dtype, shape, data }'],
		[() => writeSafetensors([["a", { ...f32(1), shape: undefined } as never]]), "has undefined as shape"],
		[
			() => writeSafetensors([["a", { ...f32(1), shape: Array(65).fill(1) }]]),
			"has 65 axes; expected an array of",
		],
		[
			() => writeSafetensors([["a", { ...f32(1), dtype: "float32" } as never]]),
			'has the dtype "float32"; expected one of F64, F32, I64, U64, I32, U32, I16, U16, I8, U8, BOOL.',
		],
		[
			() => writeSafetensors([["a", { ...f32(1), data: [1] } as never]]),
			"is F32, but its data are an array; expected a Float32Array",
		],
		[() => writeSafetensors([], { k: 1 as never }), 'metadata "k" is a number; expected text'],
		[
			() => writeSafetensors([["a", { dtype: "BOOL", shape: [2], data: Uint8Array.of(1, 255) }]]),
			"is BOOL, but has 255 at 1; expected 0 or 1",
		],
	])("says what came and what was expected: %s", (work, message) => expect(work).toThrow(message));

	it("counts no bytes where an axis is empty, in any order", () => {
		for (const shape of [
			[0, 2 ** 53 - 1, 2 ** 53 - 1],
			[2 ** 53 - 1, 2 ** 53 - 1, 0],
		]) {
			const file = writeSafetensors([["x", { dtype: "F32", shape, data: new Float32Array(0) }]]);
			expect(readSafetensors(file).tensors.get("x")?.shape).toEqual(shape);
		}
	});

	it("says when the file would be larger than an array can be", () => {
		const data = new Uint8Array(2 ** 30); // the system gives the pages only when they are touched
		const tensors = Array.from({ length: 2 ** 14 }, (_, i) => {
			return [`${i}`, { dtype: "U8", shape: [data.length], data }] as const;
		});
		expectRefusal(() => writeSafetensors(tensors), "TENSOR_TOO_LARGE");
	});

	it("takes arrays of another realm, as the reader does", () => {
		const { data, shape, file } = runInNewContext(
			"({ data: Float32Array.of(1.5), shape: [1], file: new Uint8Array(99) })",
		);
		const written = writeSafetensors([["x", { dtype: "F32", shape, data }]]);
		file.set(written);
		expect(readSafetensors(file.subarray(0, written.length)).tensors.get("x")?.data).toEqual(
			Float32Array.of(1.5),
		);
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
