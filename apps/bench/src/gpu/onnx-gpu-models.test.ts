import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-layers";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { loadOrt, type OrtModule } from "../contenders/ort-module.ts";
import type { GpuSize, GpuTask } from "./gpu-contender.ts";
import { gpuOperands, gpuWork } from "./gpu-workloads.ts";
import { byHeads } from "./onnx-gpu-contenders.ts";
import { composedModel, fusedModel, type GpuModel } from "./onnx-gpu-models.ts";

const ort = await loadOrt("onnxruntime-web");

/** What the model makes of the operands, in `[B, H, L, D]`. */
async function outputOf({ InferenceSession, Tensor }: OrtModule, model: GpuModel, size: GpuSize) {
	const session = await InferenceSession.create(model.bytes, { executionProviders: ["wasm"] });
	const feeds = gpuOperands(size)
		.slice(0, 3)
		.map((operand) => {
			const [B, H, L, D] = operand.shape;
			if (model.layout === "heads")
				return new Tensor("float32", operand.dataSync<"float32">(), operand.shape);
			const rows = tf.transpose(operand, [0, 2, 1, 3]).dataSync<"float32">();
			return new Tensor("float32", rows, [B, L, H * D]);
		});
	const [query, key, value] = feeds as [(typeof feeds)[0], (typeof feeds)[0], (typeof feeds)[0]];
	const { output } = await session.run({ query, key, value });
	await session.release();
	const values = Float32Array.from(output?.data ?? []);
	return model.layout === "heads" ? values : byHeads(values, size, values.length);
}

describe("attention in ONNX for the GPU bench", () => {
	beforeAll(() => tf.setBackend("cpu"));

	it.skipIf(typeof ort === "string").each<[string, GpuTask, typeof fusedModel, GpuSize]>([
		["composed", "forward", composedModel, [2, 3, 3, 5, 7, 8]],
		["composed", "decode", composedModel, [2, 3, 3, 1, 7, 8]],
		["one operator", "forward", fusedModel, [2, 3, 3, 5, 7, 8]],
		["one operator", "decode", fusedModel, [2, 3, 3, 1, 7, 8]],
		["one operator", "causal", fusedModel, [2, 4, 2, 5, 5, 16]],
	])("computes what heed computes: %s, %s", async (_, task, modelOf, size) => {
		const model = modelOf(task, size) as GpuModel;
		const output = await outputOf(ort as OrtModule, model, size);
		const [expected] = gpuWork("heed", task, size, gpuOperands(size))?.() ?? [];
		expect([...output]).toEqual([...(expected as tf.Tensor).dataSync()].map((x) => expect.closeTo(x, 5)));
	});

	it("is not there for what it does not compute", () => {
		const grouped: GpuSize = [1, 4, 2, 3, 3, 8];
		for (const task of ["causal", "forward + backward"] as const) {
			expect(composedModel(task, [1, 2, 2, 3, 3, 8])).toBeUndefined();
		}
		expect(fusedModel("forward + backward", [1, 2, 2, 3, 3, 8])).toBeUndefined();
		for (const modelOf of [composedModel, fusedModel]) expect(modelOf("decode", grouped)).toBeUndefined();
	});
});
