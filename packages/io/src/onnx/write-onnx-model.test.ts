import { describe, expect, it } from "vitest";
import { OnnxError, type OnnxModel, writeOnnxModel } from "../index.ts";

const matMul: OnnxModel = {
	opset: 13,
	inputs: [
		{ name: "a", dtype: "F32", shape: ["rows", 3] },
		{ name: "b", dtype: "F32", shape: [3, 2] },
	],
	outputs: [{ name: "c", dtype: "F32", shape: ["rows", 2] }],
	nodes: [{ op: "MatMul", inputs: ["a", "b"], outputs: ["c"] }],
};

/** One field of a message: its number and its content, a whole number or bytes. */
type Field = readonly [number: number, content: bigint | Uint8Array];

/** Reads the fields of a message by the wire format. */
function fieldsOf(bytes: Uint8Array): Field[] {
	const fields: Field[] = [];
	let at = 0;
	const varint = (): bigint => {
		let value = 0n;
		for (let shift = 0n; ; shift += 7n) {
			const byte = bytes[at++] ?? 0;
			value |= BigInt(byte & 0x7f) << shift;
			if (byte < 0x80) return value;
		}
	};
	const take = (length: number): Uint8Array => {
		at += length;
		return bytes.slice(at - length, at);
	};
	while (at < bytes.length) {
		const key = Number(varint());
		const type = key % 8;
		fields.push([key >> 3, type === 0 ? varint() : take(type === 5 ? 4 : Number(varint()))]);
	}
	return fields;
}

/** The contents of the fields of one number, on a path from the outermost message inwards. */
function contents(bytes: Uint8Array, ...path: number[]): (bigint | Uint8Array)[] {
	const [number, ...rest] = path;
	const found = fieldsOf(bytes).flatMap(([field, content]) => (field === number ? [content] : []));
	return rest.length === 0 ? found : found.flatMap((content) => contents(content as Uint8Array, ...rest));
}

const texts = (found: (bigint | Uint8Array)[]): string[] =>
	found.map((content) => new TextDecoder().decode(content as Uint8Array));

describe("writeOnnxModel", () => {
	it("writes what the format prescribes, byte by byte", () => {
		const model = writeOnnxModel({
			name: "g",
			opset: 13,
			inputs: [{ name: "x", dtype: "F32", shape: [2] }],
			outputs: [{ name: "y", dtype: "F32", shape: [2] }],
			nodes: [{ op: "Neg", inputs: ["x"], outputs: ["y"] }],
		});
		const value = (name: string): number[] => [
			...[10, 1, name.charCodeAt(0)], // name = 1
			...[18, 10, 10, 8, 8, 1], // type = 2, in it tensor_type = 1, in it elem_type = 1: float
			...[18, 4, 10, 2, 8, 2], // shape = 2, in it dim = 1, in it dim_value = 1: 2
		];
		const node = [10, 1, 120, 18, 1, 121, 34, 3, 78, 101, 103]; // input x, output y, op_type Neg
		const graph = [
			...[10, node.length, ...node],
			...[18, 1, 103],
			...[90, 15, ...value("x")],
			...[98, 15, ...value("y")],
		];
		expect([...model]).toEqual([
			...[8, 8], // ir_version
			...[18, 4, 104, 101, 101, 100], // producer_name heed
			...[58, graph.length, ...graph],
			...[66, 4, 10, 0, 16, 13], // opset_import: domain "", version 13
		]);
	});

	it("keeps the order of nodes, operands, results and values", () => {
		const model = writeOnnxModel({
			...matMul,
			inputs: [...matMul.inputs, { name: "1", dtype: "I64", shape: [] }],
			nodes: [
				{ op: "MatMul", inputs: ["a", "b"], outputs: ["product"] },
				{ op: "Clip", inputs: ["product", "", "product"], outputs: ["c", ""] },
			],
		});
		expect(texts(contents(model, 7, 1, 4))).toEqual(["MatMul", "Clip"]);
		expect(texts(contents(model, 7, 1, 1))).toEqual(["a", "b", "product", "", "product"]);
		expect(texts(contents(model, 7, 1, 2))).toEqual(["product", "c", ""]);
		expect(texts(contents(model, 7, 11, 1))).toEqual(["a", "b", "1"]);
		expect(texts(contents(model, 7, 11, 2, 1, 2, 1, 2))).toEqual(["rows"]); // dim_param
	});

	it("writes attributes of every type", () => {
		const tensor = { dtype: "I64", shape: [2], data: BigInt64Array.of(1n, -1n) } as const;
		const model = writeOnnxModel({
			...matMul,
			nodes: [
				{
					op: "Many",
					domain: "mine",
					inputs: ["a", "b"],
					outputs: ["c"],
					attributes: {
						int: { int: -1 },
						ints: { ints: [300, 2n ** 63n - 1n] },
						float: { float: 0.5 },
						floats: { floats: [1, Number.NEGATIVE_INFINITY] },
						text: { text: "é" },
						texts: { texts: ["x", ""] },
						tensor: { tensor },
					},
				},
			],
			domains: { mine: 2 },
		});
		expect(texts(contents(model, 7, 1, 7))).toEqual(["mine"]);
		expect(texts(contents(model, 8, 1))).toEqual(["", "mine"]);
		expect(contents(model, 8, 2)).toEqual([13n, 2n]);
		const attributes = (...path: number[]): (bigint | Uint8Array)[] => contents(model, 7, 1, 5, ...path);
		expect(texts(attributes(1))).toEqual(["int", "ints", "float", "floats", "text", "texts", "tensor"]);
		expect(attributes(20)).toEqual([2n, 7n, 1n, 6n, 3n, 8n, 4n]);
		expect(attributes(3)).toEqual([2n ** 64n - 1n]); // two's complement
		expect(attributes(8)).toEqual([300n, 2n ** 63n - 1n]);
		expect(attributes(2)).toEqual([Uint8Array.of(0, 0, 0, 0x3f)]);
		expect(attributes(7)).toEqual([Uint8Array.of(0, 0, 0x80, 0x3f), Uint8Array.of(0, 0, 0x80, 0xff)]);
		expect(texts(attributes(4))).toEqual(["é"]);
		expect(texts(attributes(9))).toEqual(["x", ""]);
		expect(attributes(5, 1)).toEqual([2n]);
		expect(attributes(5, 2)).toEqual([7n]);
		expect(attributes(5, 9)).toEqual([new Uint8Array(tensor.data.buffer)]);
	});

	it("writes constants, also those that are a part of a larger array", () => {
		const data = Float32Array.of(9, 1, 2, 3, 4, 5, 6, 9).subarray(1, 7);
		const model = writeOnnxModel({
			...matMul,
			inputs: matMul.inputs.slice(0, 1),
			initializers: [{ name: "b", dtype: "F32", shape: [3, 2], data }],
		});
		expect(texts(contents(model, 7, 5, 8))).toEqual(["b"]);
		expect(contents(model, 7, 5, 1)).toEqual([3n, 2n]);
		expect(contents(model, 7, 5, 9)).toEqual([new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)]);
	});

	it.each([
		[13, 8n],
		[19, 9n],
		[21, 10n],
		[23, 11n],
		[24, 12n],
	])("opset %i comes with version %i of the file format", (opset, version) => {
		expect(contents(writeOnnxModel({ ...matMul, opset }), 1)).toEqual([version]);
	});

	const node = matMul.nodes[0] as OnnxModel["nodes"][number];
	const input = matMul.inputs[0] as OnnxModel["inputs"][number];
	const data = new Float32Array(3);
	it.each<[string, Partial<OnnxModel>, OnnxError["code"], string]>([
		["a version that is none", { opset: 0.5 }, "OPSET", "`opset` is 0.5; expected a whole number ≥ 1."],
		["a domain without a version", { nodes: [{ ...node, domain: "mine" }] }, "OPSET", 'the domain "mine"'],
		["an empty name", { inputs: [{ ...input, name: "" }] }, "NAME", 'the name of input is ""'],
		["a name twice", { nodes: [node, node] }, "NAME", 'result of node 1 (MatMul) "c" comes twice'],
		["an unknown operand", { nodes: [{ ...node, inputs: ["a", "w"] }] }, "GRAPH", '(MatMul) takes "w"'],
		["an output from nowhere", { nodes: [] }, "GRAPH", 'output "c" is made by nothing'],
		["no outputs", { outputs: [] }, "GRAPH", "the graph has no outputs"],
		["a node without results", { nodes: [{ ...node, outputs: [""] }] }, "GRAPH", "has no outputs"],
		["a bare attribute", { nodes: [{ ...node, attributes: { k: 1 as never } }] }, "ATTRIBUTE", "is a number"],
		["half an int", { nodes: [{ ...node, attributes: { k: { int: 0.5 } } }] }, "ATTRIBUTE", '"k" of node 0'],
		["a wide int", { nodes: [{ ...node, attributes: { k: { int: 2n ** 63n } } }] }, "ATTRIBUTE", "64 bits"],
		["a size that is none", { inputs: [{ ...input, shape: [-1] }] }, "TENSOR", 'the axis size "-1"'],
		["an unknown dtype", { inputs: [{ ...input, dtype: "F8" as never }] }, "TENSOR", 'has the dtype "F8"'],
		[
			"data of another size",
			{ initializers: [{ name: "w", dtype: "F32", shape: [2], data }] },
			"TENSOR",
			'initializer "w" [2] needs 2 values, but has 3',
		],
		[
			"data of another type",
			{ initializers: [{ name: "w", dtype: "I32", shape: [3], data: data as never }] },
			"TENSOR",
			'initializer "w" is I32, but its data are a Float32Array; expected: Int32Array',
		],
	])("refuses %s", (_, part, code, message) => {
		let thrown: unknown;
		try {
			const inputs = part.inputs ? [...part.inputs, ...matMul.inputs.slice(1)] : matMul.inputs;
			writeOnnxModel({ ...matMul, ...part, inputs });
		} catch (error) {
			thrown = error;
		}
		expect(thrown).toBeInstanceOf(OnnxError);
		expect((thrown as OnnxError).code).toBe(code);
		expect((thrown as OnnxError).message).toMatch(/^writeOnnxModel: /);
		expect((thrown as OnnxError).message).toContain(message);
	});
});
