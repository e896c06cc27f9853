import { readFileSync } from "node:fs";
import { sharedPath } from "@heed/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectRefusal, fileOf } from "../../test/raw-file.ts";
import { readSafetensors } from "./read-safetensors.ts";
import { SafetensorsError, type SafetensorsErrorCode } from "./safetensors-error.ts";
import { writeSafetensors } from "./write-safetensors.ts";

const tensor = (dtype: unknown, shape: unknown, data_offsets: unknown) => ({ dtype, shape, data_offsets });
const four = new Uint8Array(4);

/** A file that claims a header of this many bytes. */
function claim(length: bigint, fileBytes: number): Uint8Array {
	const file = new Uint8Array(fileBytes);
	new DataView(file.buffer).setBigUint64(0, length, true);
	return file;
}

const deep = (open: string) => `{"x":${open.repeat(100_000)}`;

const attacks: [string, SafetensorsErrorCode, () => Uint8Array][] = [
	["an empty file", "FILE_TOO_SHORT", () => new Uint8Array(0)],
	["seven bytes", "FILE_TOO_SHORT", () => new Uint8Array(7)],
	["a length of 2^64 - 1", "HEADER_TOO_LARGE", () => claim(2n ** 64n - 1n, 16)],
	["a length of 2^63", "HEADER_TOO_LARGE", () => claim(2n ** 63n, 16)],
	["a length of 2^32, which is 0 in 32 bits", "HEADER_TOO_LARGE", () => claim(2n ** 32n, 16)],
	["a header of 26 MB", "HEADER_TOO_LARGE", () => claim(26_000_000n, 26_000_008)],
	["a header one byte past the end", "HEADER_PAST_END", () => claim(9n, 16)],
	["a header of no bytes", "HEADER_START", () => claim(0n, 8)],
	["a space before the header", "HEADER_START", () => fileOf(" {}")],
	["a byte order mark", "HEADER_START", () => fileOf("\ufeff{}")],
	["an array as header", "HEADER_START", () => fileOf("[]")],
	["broken UTF-8", "HEADER_ENCODING", () => fileOf(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d))],
	["an overlong UTF-8 form", "HEADER_ENCODING", () => fileOf(Uint8Array.of(0x7b, 0xc0, 0xa2, 0x7d))],
	["no closing brace", "HEADER_SYNTAX", () => fileOf("{")],
	["a trailing comma", "HEADER_SYNTAX", () => fileOf('{"__metadata__":{},}')],
	["text after the end", "HEADER_SYNTAX", () => fileOf("{}{}")],
	["a line break after the end", "HEADER_SYNTAX", () => fileOf("{}\n")],
	["a zero byte after the end", "HEADER_SYNTAX", () => fileOf("{}\0")],
	["an endless string", "HEADER_SYNTAX", () => fileOf(`{"${"\\\\".repeat(50_000)}\\"`)],
	["a line break in a string", "HEADER_SYNTAX", () => fileOf('{"a\nb":1}')],
	["an unknown escape", "HEADER_SYNTAX", () => fileOf('{"\\x41":1}')],
	["half a surrogate pair", "HEADER_SYNTAX", () => fileOf('{"\\ud800":1}')],
	["a comment", "HEADER_SYNTAX", () => fileOf("{/**/}")],
	["100,000 open arrays", "HEADER_SYNTAX", () => fileOf(deep("["))],
	["100,000 open objects", "TENSOR_ENTRY", () => fileOf(deep('{"x":'))],
	["open arrays in a shape", "HEADER_SYNTAX", () => fileOf(deep(`{"shape":${"[".repeat(9)}`))],
	["a number of a million digits", "HEADER_SYNTAX", () => fileOf(`{"x":{"shape":[${"9".repeat(1e6)}]}}`)],
	[
		"a tensor named twice",
		"DUPLICATE_NAME",
		() =>
			fileOf(
				'{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}',
				four,
			),
	],
	[
		"the same name by an escape",
		"DUPLICATE_NAME",
		() =>
			fileOf(
				'{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"\\u0061":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}',
				four,
			),
	],
	[
		"a field named twice",
		"DUPLICATE_NAME",
		() => fileOf('{"a":{"dtype":"U8","shape":[9],"shape":[4],"data_offsets":[0,4]}}', four),
	],
	["metadata twice", "DUPLICATE_NAME", () => fileOf('{"__metadata__":{},"__metadata__":{}}')],
	["a metadata key twice", "DUPLICATE_NAME", () => fileOf('{"__metadata__":{"k":"1","\\u006b":"2"}}')],
	["a number in the metadata", "METADATA", () => fileOf({ __metadata__: { a: 1 } })],
	["an object in the metadata", "METADATA", () => fileOf({ __metadata__: { a: {} } })],
	["metadata that are a list", "METADATA", () => fileOf({ __metadata__: [] })],
	[
		"a tensor without a dtype",
		"TENSOR_ENTRY",
		() => fileOf({ x: { shape: [], data_offsets: [0, 4] } }, four),
	],
	[
		"an entry with more fields",
		"TENSOR_ENTRY",
		() => fileOf({ x: { ...tensor("F32", [1], [0, 4]), code: "" } }, four),
	],
	["a tensor that is a number", "HEADER_SYNTAX", () => fileOf({ x: 1 })],
	["a tensor that is null", "HEADER_SYNTAX", () => fileOf({ x: null })],
	["a dtype that is a number", "HEADER_SYNTAX", () => fileOf({ x: tensor(1, [1], [0, 4]) }, four)],
	["an unknown dtype", "UNKNOWN_DTYPE", () => fileOf({ x: tensor("FP32", [1], [0, 4]) }, four)],
	[
		"a dtype that is a name of Object",
		"UNKNOWN_DTYPE",
		() => fileOf({ x: tensor("constructor", [1], [0, 4]) }, four),
	],
	["eight-bit floats", "UNSUPPORTED_DTYPE", () => fileOf({ x: tensor("F8_E4M3", [4], [0, 4]) }, four)],
	["four-bit floats", "UNSUPPORTED_DTYPE", () => fileOf({ x: tensor("F4", [8], [0, 4]) }, four)],
	["a negative size", "SHAPE", () => fileOf({ x: tensor("F32", [-1], [0, 4]) }, four)],
	["two negative sizes", "SHAPE", () => fileOf({ x: tensor("F32", [-1, -1], [0, 4]) }, four)],
	["half a size", "SHAPE", () => fileOf({ x: tensor("F32", [0.5, 2], [0, 4]) }, four)],
	[
		"a size in exponent form",
		"SHAPE",
		() => fileOf('{"x":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}', four),
	],
	["a size of 2^53", "SHAPE", () => fileOf({ x: tensor("F32", [2 ** 53], [0, 4]) }, four)],
	[
		"sizes whose product wraps to 1 in 64 bits",
		"SHAPE",
		() =>
			fileOf('{"x":{"dtype":"U8","shape":[4294967297,4294967295,4294967297],"data_offsets":[0,4]}}', four),
	],
	[
		"sizes whose product loses digits",
		"SHAPE",
		() => fileOf({ x: tensor("U8", [94906267, 94906267], [0, 4]) }, four),
	],
	["a size that is text", "HEADER_SYNTAX", () => fileOf({ x: tensor("F32", ["1"], [0, 4]) }, four)],
	[
		"a size of NaN",
		"HEADER_SYNTAX",
		() => fileOf('{"x":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}', four),
	],
	["one offset", "OFFSETS", () => fileOf({ x: tensor("F32", [1], [0]) }, four)],
	["three offsets", "OFFSETS", () => fileOf({ x: tensor("F32", [1], [0, 4, 4]) }, four)],
	[
		"a million offsets, unread",
		"OFFSETS",
		() => fileOf(`{"x":{"data_offsets":[0,4,${"0,".repeat(1e6)}oops`, four),
	],
	["65 sizes", "SHAPE", () => fileOf({ x: tensor("U8", Array(65).fill(1), [0, 1]) }, four)],
	["a million sizes, unread", "SHAPE", () => fileOf(`{"x":{"shape":[${"1,".repeat(1e6)}oops`, four)],
	["a BOOL of 2", "BOOL_VALUE", () => fileOf({ x: tensor("BOOL", [4], [0, 4]) }, Uint8Array.of(0, 1, 2, 0))],
	["offsets in reverse", "OFFSETS", () => fileOf({ x: tensor("F32", [1], [4, 0]) }, four)],
	["a negative offset", "OFFSETS", () => fileOf({ x: tensor("F32", [1], [-4, 0]) }, four)],
	["offsets that are too few", "SIZE_MISMATCH", () => fileOf({ x: tensor("F32", [2], [0, 4]) }, four)],
	["offsets that are too many", "SIZE_MISMATCH", () => fileOf({ x: tensor("F32", [0], [0, 4]) }, four)],
	[
		"two tensors on one place",
		"DATA_OVERLAP",
		() => fileOf({ x: tensor("U8", [4], [0, 4]), y: tensor("U8", [4], [0, 4]) }, four),
	],
	[
		"tensors that share a byte",
		"DATA_OVERLAP",
		() => fileOf({ x: tensor("U8", [3], [0, 3]), y: tensor("U8", [2], [2, 4]) }, four),
	],
	["a hole at the front", "DATA_HOLE", () => fileOf({ x: tensor("U8", [2], [2, 4]) }, four)],
	[
		"a hole between tensors",
		"DATA_HOLE",
		() => fileOf({ x: tensor("U8", [1], [0, 1]), y: tensor("U8", [2], [2, 4]) }, four),
	],
	["data past the end", "DATA_PAST_END", () => fileOf({ x: tensor("U8", [5], [0, 5]) }, four)],
	[
		"a petabyte that is not there",
		"DATA_PAST_END",
		() => fileOf({ x: tensor("U8", [2 ** 50], [0, 2 ** 50]) }, four),
	],
	["bytes after the last tensor", "DATA_TRAILING", () => fileOf({ x: tensor("U8", [3], [0, 3]) }, four)],
	["data without a tensor", "DATA_TRAILING", () => fileOf("{}", four)],
];

describe("readSafetensors under attack", () => {
	it.each(attacks)("refuses %s: %s", (_, code, file) => {
		const bytes = file();
		expectRefusal(() => readSafetensors(bytes), code);
	});

	it("answers 10,000 one-byte changes of a file with tensors or with its own error", () => {
		const file = writeSafetensors(
			[
				["encoder/kernel", { dtype: "F32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
				["step", { dtype: "I64", shape: [], data: BigInt64Array.of(7n) }],
				["ids", { dtype: "U8", shape: [5], data: new Uint8Array(5) }],
			],
			[["format", "heed"]],
		);
		let state = 1;
		const next = (below: number) => {
			state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
			return Math.floor((state / 2 ** 32) * below);
		};
		let refused = 0;
		for (let round = 0; round < 10_000; round++) {
			const changed = file.slice();
			const at = next(file.length - 37); // the 37 bytes of data may hold anything
			changed[at] = (file[at] ?? 0) ^ (1 + next(255));
			try {
				readSafetensors(changed);
			} catch (error) {
				if (!(error instanceof SafetensorsError)) throw error;
				refused++;
			}
		}
		expect(refused).toBeGreaterThan(6000);
	});

	it("answers any bytes and any cut of a file with its own error", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 64 }), fc.string({ unit: "binary" }), (noise, text) => {
				for (const bytes of [noise, fileOf(text), fileOf(`{${text}`, noise)]) {
					try {
						readSafetensors(bytes);
					} catch (error) {
						expect(error).toBeInstanceOf(SafetensorsError);
					}
				}
			}),
			{ seed: 1, numRuns: 300 },
		);
		const file = writeSafetensors([["x", { dtype: "F32", shape: [3], data: new Float32Array(3) }]]);
		for (let length = 0; length < file.length; length++) {
			expect(() => readSafetensors(file.subarray(0, length))).toThrow(SafetensorsError);
		}
	});

	it("allocates nothing for a header that lies about its length", () => {
		const file = claim(24_999_999n, 64);
		const before = process.memoryUsage().arrayBuffers;
		for (let round = 0; round < 50; round++) expectRefusal(() => readSafetensors(file), "HEADER_PAST_END");
		expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
	});
});

describe("files that others wrote", () => {
	it.for([
		["stories260k/model.safetensors", 1045208],
		["aren-transliteration/model.safetensors", 751764],
		["ram-mnist/ram_6_8x8_2.safetensors", 840308],
	] as const)("reads and rewrites %s", ([name, size], { skip }) => {
		const path = sharedPath("data", name);
		if (path === undefined) return skip(`shared/data/${name} is absent`);
		const bytes = readFileSync(path);
		expect(bytes.length).toBe(size);
		const { tensors, metadata } = readSafetensors(bytes);
		expect(tensors.size).toBeGreaterThan(5);
		for (const { data } of tensors.values()) {
			if (data instanceof Float32Array) expect(data.every(Number.isFinite)).toBe(true);
		}
		const again = readSafetensors(writeSafetensors(tensors, metadata));
		expect(again.metadata).toEqual(metadata);
		expect(new Set(again.tensors.keys())).toEqual(new Set(tensors.keys()));
		for (const [key, tensor] of tensors) expect(again.tensors.get(key)).toEqual(tensor);
	});
});
