import { type OnnxValue, writeOnnxModel } from "@heed/io";
import type { GpuSize, GpuTask } from "./gpu-contender.ts";

/** A model of attention whose operands are called `query`, `key` and `value` and whose result is `output`. */
export interface GpuModel {
	readonly bytes: Uint8Array;
	/** `heads`: operands and result are `[B, H, L, D]`. `rows`: they are `[B, L, H · D]`, as a projection leaves them. */
	readonly layout: "heads" | "rows";
}

/**
 * Attention of the standard's operators, as exporters write it: `softmax(q · transpose(k) · scale) · v`. Nothing for what would
 * need a mask, shared key heads or gradients.
 */
export function composedModel(task: GpuTask, size: GpuSize): GpuModel | undefined {
	const [B, H, K, Lq, Lk, D] = size;
	if (K !== H || (task !== "forward" && task !== "decode")) return undefined;
	const value = (name: string, length: number): OnnxValue => ({
		name,
		dtype: "F32",
		shape: [B, H, length, D],
	});
	const bytes = writeOnnxModel({
		opset: 17,
		inputs: [value("query", Lq), value("key", Lk), value("value", Lk)],
		outputs: [value("output", Lq)],
		initializers: [{ name: "scale", dtype: "F32", shape: [], data: Float32Array.of(1 / Math.sqrt(D)) }],
		nodes: [
			{
				op: "Transpose",
				inputs: ["key"],
				outputs: ["columns"],
				attributes: { perm: { ints: [0, 1, 3, 2] } },
			},
			{ op: "MatMul", inputs: ["query", "columns"], outputs: ["products"] },
			{ op: "Mul", inputs: ["products", "scale"], outputs: ["scores"] },
			{ op: "Softmax", inputs: ["scores"], outputs: ["weights"], attributes: { axis: { int: -1 } } },
			{ op: "MatMul", inputs: ["weights", "value"], outputs: ["output"] },
		],
	});
	return { bytes, layout: "heads" };
}

/**
 * Attention as one of ONNX Runtime's own operators: `MultiHeadAttention`, and for a causal mask `GroupQueryAttention`, which
 * always has one. Nothing for gradients, and for decoding with shared key heads, which would take a cache apart first.
 *
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */
export function fusedModel(task: GpuTask, size: GpuSize): GpuModel | undefined {
	const [B, H, K, Lq, Lk, D] = size;
	if (task === "forward + backward" || (task !== "causal" && K !== H)) return undefined;
	const value = (name: string, heads: number, length: number): OnnxValue => ({
		...{ name, dtype: "F32", shape: [B, length, heads * D] },
	});
	const inputs = [value("query", H, Lq), value("key", K, Lk), value("value", K, Lk)];
	const output = value("output", H, Lq);
	const names = ["query", "key", "value"];
	const domain = "com.microsoft";
	const common = { opset: 17, domains: { [domain]: 1 }, inputs };
	const heads = { num_heads: { int: H } };
	if (task !== "causal") {
		const node = { op: "MultiHeadAttention", domain, inputs: names, outputs: ["output"], attributes: heads };
		return { bytes: writeOnnxModel({ ...common, outputs: [output], nodes: [node] }), layout: "rows" };
	}
	const bytes = writeOnnxModel({
		...common,
		outputs: [output],
		initializers: [
			{ name: "last", dtype: "I32", shape: [B], data: new Int32Array(B).fill(Lk - 1) },
			{ name: "total", dtype: "I32", shape: [], data: Int32Array.of(Lk) },
		],
		nodes: [
			{
				...{ op: "GroupQueryAttention", domain },
				inputs: [...names, "", "", "last", "total"],
				outputs: ["output", "presentKey", "presentValue"],
				attributes: { ...heads, kv_num_heads: { int: K } },
			},
		],
	});
	return { bytes, layout: "rows" };
}
