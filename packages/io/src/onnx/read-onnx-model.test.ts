import { describe, expect, it } from "vitest";
import { OnnxError, type OnnxModel, readOnnxModel, writeOnnxModel } from "../index.ts";

/** A field whose content is bytes: its key, its length and them. */
const bytesField = (number: number, content: readonly number[]): number[] => [
	number * 8 + 2,
	content.length,
	...content,
];
const text = (value: string): number[] => [...new TextEncoder().encode(value)];
/** A file of a graph with these fields, of opset 13. */
const fileOf = (...graph: readonly number[]): Uint8Array =>
	Uint8Array.from([8, 8, ...bytesField(7, graph), ...bytesField(8, [10, 0, 16, 13])]);
/** A graph with one initializer `w` of these fields. */
const withTensor = (...fields: readonly number[]): Uint8Array =>
	fileOf(...bytesField(5, [...bytesField(8, text("w")), ...fields]));
/** A graph with one node, which has one attribute `k`. */
const withAttribute = (...fields: readonly number[]): Uint8Array =>
	fileOf(
		...bytesField(1, [
			...bytesField(5, [...bytesField(1, text("k")), ...fields]), // before the operator's name
			...bytesField(4, text("Op")),
		]),
	);
const float = (value: number): number[] => [...new Uint8Array(Float32Array.of(value).buffer)];

const whole: OnnxModel = {
	name: "g",
	opset: 13,
	domains: { mine: 2 },
	inputs: [{ name: "x", dtype: "F32", shape: ["rows", 3] }],
	outputs: [{ name: "y", dtype: "I64", shape: [] }],
	initializers: [
		{ name: "b", dtype: "F32", shape: [3, 1], data: Float32Array.of(1, -2, Number.POSITIVE_INFINITY) },
		{ name: "flags", dtype: "BOOL", shape: [2], data: Uint8Array.of(1, 0) },
		{ name: "none", dtype: "U64", shape: [0], data: new BigUint64Array() },
	],
	nodes: [
		{ op: "MatMul", inputs: ["x", "b"], outputs: ["product"], attributes: {} },
		{
			op: "Many",
			domain: "mine",
			inputs: ["product", "", "b"],
			outputs: ["y", ""],
			attributes: {
				int: { int: -1 },
				ints: { ints: [300, 2n ** 63n - 1n] },
				float: { float: 0.5 },
				floats: { floats: [1, Number.NEGATIVE_INFINITY] },
				text: { text: "é" },
				texts: { texts: ["x", ""] },
				tensor: { tensor: { dtype: "I64", shape: [2], data: BigInt64Array.of(1n, -1n) } },
				["__proto__"]: { int: 0 },
			},
		},
	],
};

describe("readOnnxModel", () => {
	it("reads what writeOnnxModel writes, from any place of a buffer", () => {
		const file = writeOnnxModel(whole);
		expect(readOnnxModel(file)).toEqual(whole);
		const shifted = Buffer.from([0, 0, 0, ...file]).subarray(3);
		expect(readOnnxModel(shifted)).toEqual(whole);
	});

	it("reads numbers that are not raw, packed or one by one, of every type", () => {
		const tensor = (...fields: readonly number[]): unknown =>
			readOnnxModel(withTensor(...fields)).initializers?.[0];
		const two = [8, 2]; // dims = 1
		const floats = [...float(1.5), ...float(-2)];
		const expected = { name: "w", dtype: "F32", shape: [2], data: Float32Array.of(1.5, -2) };
		expect(tensor(...two, 16, 1, ...bytesField(4, floats))).toEqual(expected);
		expect(tensor(...two, 16, 1, 37, ...float(1.5), 37, ...float(-2))).toEqual(expected);
		const half = tensor(...two, 16, 10, ...bytesField(5, [0x80, 0x7c, 0x81, 0x80, 0x02])); // 0x3e00, 0x8001
		expect(half).toEqual({ ...expected, data: Float32Array.of(1.5, -(2 ** -24)) });
		const double = [...new Uint8Array(Float64Array.of(0.1, 3).buffer)];
		expect(tensor(...two, 16, 11, ...bytesField(10, double))).toMatchObject({
			data: Float64Array.of(0.1, 3),
		});
		const minusOne = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
		const ints = bytesField(5, [5, ...minusOne]);
		const classes = [
			[6, Int32Array.of(5, -1)],
			[5, Int16Array.of(5, -1)],
			[3, Int8Array.of(5, -1)],
		] as const;
		for (const [type, data] of classes) expect(tensor(...two, 16, type, ...ints)).toMatchObject({ data });
		expect(tensor(...two, 16, 7, 56, 5, 56, ...minusOne)).toMatchObject({ data: BigInt64Array.of(5n, -1n) });
		expect(tensor(16, 9, 40, 1)).toMatchObject({ dtype: "BOOL", shape: [], data: Uint8Array.of(1) });
	});

	it("leaves weights out of the inputs, and names axes of unknown size", () => {
		const tensorType = (...shape: number[]): number[] =>
			bytesField(2, bytesField(1, [8, 1, ...bytesField(2, shape)]));
		const value = (name: string, ...shape: number[]): number[] =>
			bytesField(11, [...bytesField(1, text(name)), ...tensorType(...shape)]);
		const axes = [...bytesField(1, []), ...bytesField(1, [8, 7])];
		const old = fileOf(
			...bytesField(5, [...bytesField(8, text("w")), 16, 1, ...bytesField(4, float(2))]),
			...value("x", ...axes),
			...value("w"),
		);
		expect(readOnnxModel(old).inputs).toEqual([{ name: "x", dtype: "F32", shape: ["?", 7] }]);
	});

	it.each<[string, Uint8Array, OnnxError["code"], string]>([
		["nothing", new Uint8Array(), "FORMAT", "it has no graph"],
		["another file", Uint8Array.from(text("%PDF-1.4 and more")), "FORMAT", "damaged, or no ONNX"],
		["a model without a version", Uint8Array.from(bytesField(7, [])), "OPSET", "version of the standard"],
		["a name that is no text", fileOf(...bytesField(2, [0xff])), "FORMAT", "not UTF-8"],
		["a graph that is a number", Uint8Array.of(56, 1), "FORMAT", "field 7 is a number"],
		["an endless number", withTensor(16, ...Array(11).fill(0x80)), "FORMAT", "more than ten bytes"],
		["an unknown type", withTensor(16, 8), "TENSOR", 'initializer 0 "w" has the element type 8'],
		[
			"too few bytes",
			withTensor(8, 2, 16, 1, ...bytesField(9, float(1))),
			"TENSOR",
			"needs 8 bytes, but has 4",
		],
		["too few numbers", withTensor(8, 2, 16, 7, 56, 1), "TENSOR", "[2] needs 2 values, but has 1"],
		["a size below 0", withTensor(8, ...Array(9).fill(0xff), 1, 16, 1), "TENSOR", "has the shape [-1]"],
		["weights elsewhere", withTensor(16, 1, 112, 1), "TENSOR", "keeps its numbers in another file"],
		["sparse weights", fileOf(...bytesField(15, [])), "TENSOR", "sparse"],
		[
			"a graph as an attribute",
			withAttribute(160, 1, 5),
			"ATTRIBUTE",
			'attribute "k" of node 0 (Op) is of the type 5',
		],
	])("refuses %s", (_, file, code, message) => {
		expect(() => readOnnxModel(file)).toThrow(OnnxError);
		expect(() => readOnnxModel(file)).toThrow(message);
		try {
			readOnnxModel(file);
		} catch (error) {
			expect((error as OnnxError).code).toBe(code);
			expect((error as OnnxError).message).toMatch(/^readOnnxModel: /);
		}
	});

	it("throws nothing but OnnxError, whatever byte is cut off or changed", () => {
		const file = writeOnnxModel(whole);
		const tryOut = (bytes: Uint8Array): void => {
			try {
				readOnnxModel(bytes);
			} catch (error) {
				expect(error).toBeInstanceOf(OnnxError);
			}
		};
		for (let at = 0; at < file.length; at++) {
			tryOut(file.subarray(0, at));
			for (const bits of [0x08, 0xff]) {
				const changed = file.slice();
				changed[at] = (changed[at] ?? 0) ^ bits;
				tryOut(changed);
			}
		}
	});
});
