import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";

const beside = join(import.meta.dirname, "../../../..", "shared");

/**
 * The path of reference data that stand beside the checkout (`HEED_SHARED` names another place), or `undefined`
 * with a printed reason when they are absent. With `HEED_REQUIRE_SHARED=1`, as in CI, absence is an error.
 */
export function sharedPath(...parts: string[]): string | undefined {
	const path = join(process.env.HEED_SHARED ?? beside, ...parts);
	if (existsSync(path)) return path;
	const message = `Reference data are absent: shared/${parts.join("/")}`;
	if (process.env.HEED_REQUIRE_SHARED === "1") throw new Error(message);
	console.warn(`${message}; the tests on them are skipped.`);
	return undefined;
}

/** The float32 tensors of a safetensors file: a length, a JSON header, and the numbers. */
export function readSafetensors(file: Buffer): Record<string, tf.Tensor> {
	const size = Number(file.readBigUInt64LE(0));
	const header = JSON.parse(file.subarray(8, 8 + size).toString()) as Record<
		string,
		{ shape: number[]; data_offsets: [number, number] }
	>;
	const body = Uint8Array.from(file.subarray(8 + size));
	const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
	return Object.fromEntries(
		entries.map(([name, { shape, data_offsets }]) => [
			name,
			tf.tensor(new Float32Array(body.slice(...data_offsets).buffer), shape),
		]),
	);
}

/** A tensor of an ONNX case; `data` may hold the strings `Infinity`, `-Infinity` and `NaN`. */
export interface OnnxTensor {
	readonly name: string;
	readonly slot: number;
	readonly role: string;
	readonly dtype: string;
	readonly shape: number[];
	readonly data: (number | string | boolean)[];
}

/** One ONNX operator case, with the feature tags of the index. */
export interface OnnxCase {
	readonly name: string;
	readonly op: string;
	readonly opset: number;
	readonly features: string[];
	readonly attributes: Record<string, unknown>;
	readonly inputs: OnnxTensor[];
	readonly outputs: OnnxTensor[];
}

/** Every ONNX case of an operator, or none when the data are absent. */
export function onnxCases(op: string): OnnxCase[] {
	const folder = sharedPath("conformance", "onnx");
	if (folder === undefined) return [];
	const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as OnnxCase[];
	return index
		.filter((entry) => entry.op === op)
		.map((entry) => ({
			...(JSON.parse(readFileSync(join(folder, "cases", `${entry.name}.json`), "utf8")) as OnnxCase),
			features: entry.features,
		}));
}

/** A tensor of a PyTorch fixture. */
export interface TorchTensor {
	readonly dtype: string;
	readonly shape: number[];
	readonly data: (number | string | boolean)[];
}

/** One PyTorch fixture: inputs, weights, outputs, upstream gradients and gradients by name. */
export interface TorchCase {
	readonly name: string;
	// biome-ignore lint/suspicious/noExplicitAny: every group has its own configuration
	readonly config: Record<string, any>;
	readonly inputs: Record<string, TorchTensor>;
	readonly weights?: Record<string, TorchTensor>;
	readonly outputs: Record<string, TorchTensor>;
	readonly upstream: Record<string, TorchTensor>;
	readonly grads: Record<string, TorchTensor>;
}

/** Every PyTorch fixture of a group, or none when the data are absent. */
export function torchCases(group: string): TorchCase[] {
	const file = sharedPath("conformance", "torch", `${group}.json`);
	if (file === undefined) return [];
	return (JSON.parse(readFileSync(file, "utf8")) as { cases: TorchCase[] }).cases;
}

/** The numbers of a fixture; booleans become 0 and 1. */
export function fixtureValues(fixture: TorchTensor): Float32Array {
	return Float32Array.from(fixture.data, Number);
}

/** A fixture as a tensor: bool stays bool, integers become int32, every float becomes float32. */
export function fixtureTensor(fixture: TorchTensor): tf.Tensor {
	const dtype = fixture.dtype === "bool" ? "bool" : fixture.dtype.startsWith("int") ? "int32" : "float32";
	return tf.tensor(fixtureValues(fixture), fixture.shape, dtype);
}
