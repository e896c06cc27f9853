import * as tf from "@tensorflow/tfjs-core";
import type { OrtModule } from "../contenders/ort-module.ts";
import type { GpuContender, GpuJob, GpuSize } from "./gpu-contender.ts";
import { composedModel, fusedModel, type GpuModel } from "./onnx-gpu-models.ts";

/** What is used of ONNX Runtime where tensors lie on a device. */
export interface OrtGpuModule {
	readonly env: OrtModule["env"];
	readonly Tensor: {
		fromGpuBuffer(buffer: GPUBuffer, options: { dataType: "float32"; dims: readonly number[] }): OrtGpuTensor;
	};
	readonly InferenceSession: {
		create(model: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<OrtGpuSession>;
	};
}

interface OrtGpuTensor {
	getData(): Promise<Float32Array>;
	dispose(): void;
}

interface OrtGpuSession {
	run(feeds: Readonly<Record<string, OrtGpuTensor>>): Promise<{ readonly output: OrtGpuTensor }>;
	release(): Promise<void>;
}

/**
 * onnxruntime-web on the device of TensorFlow.js, so that all share queue, clock and memory: attention composed of operators, and
 * as one operator. Operands lie on the device before a run and results after it; nothing is copied.
 */
export function onnxGpuContenders(ort: OrtGpuModule, device: GPUDevice): readonly GpuContender[] {
	ort.env.wasm.numThreads = 1;
	ort.env.logLevel = "fatal";
	const contender = (name: string, modelOf: typeof fusedModel): GpuContender => ({
		name: `onnxruntime-web, ${name}`,
		async open(task, size, operands) {
			const model = modelOf(task, size);
			return model && onnxGpuJob(ort, device, model, size, operands);
		},
	});
	return [contender("composed", composedModel), contender("one operator", fusedModel)];
}

async function onnxGpuJob(
	ort: OrtGpuModule,
	device: GPUDevice,
	{ bytes, layout }: GpuModel,
	size: GpuSize,
	operands: readonly tf.Tensor4D[],
): Promise<GpuJob> {
	const session = await ort.InferenceSession.create(bytes, {
		executionProviders: [{ name: "webgpu", device }],
		preferredOutputLocation: "gpu-buffer",
		enableGraphCapture: false,
		logSeverityLevel: 4,
	});
	const held = ["query", "key", "value"].map((name, i) => {
		const arranged = arrange(operands[i] as tf.Tensor4D, layout);
		const { buffer, tensorRef } = arranged.dataToGPU();
		arranged.dispose();
		const options = { dataType: "float32", dims: arranged.shape } as const;
		return { name, tensorRef, tensor: ort.Tensor.fromGpuBuffer(buffer as GPUBuffer, options) };
	});
	const feeds = Object.fromEntries(held.map(({ name, tensor }) => [name, tensor]));
	return {
		async run() {
			(await session.run(feeds)).output.dispose();
		},
		async firstValues(count) {
			const { output } = await session.run(feeds);
			const values = await output.getData();
			output.dispose();
			return layout === "heads" ? values.slice(0, count) : byHeads(values, size, count);
		},
		async dispose() {
			await session.release();
			tf.dispose(held.map(({ tensorRef }) => tensorRef));
		},
	};
}

/** On the device for certain: numbers that were never computed with still lie in JavaScript's memory. */
function arrange(operand: tf.Tensor4D, layout: GpuModel["layout"]): tf.Tensor {
	const [B, H, L, D] = operand.shape;
	return tf.tidy(() => {
		if (layout === "heads") return tf.mul(operand, 1);
		return tf.mul(tf.reshape(tf.transpose(operand, [0, 2, 1, 3]), [B, L, H * D]), 1);
	});
}

/** The first numbers of `[B, H, L, D]`, out of `[B, L, H · D]`. */
export function byHeads(values: Float32Array, [B, H, , L, , D]: GpuSize, count: number): Float32Array {
	const length = Math.min(count, B * H * L * D);
	return Float32Array.from({ length }, (_, i) => {
		const [d, row] = [i % D, Math.floor(i / D)];
		const [l, head] = [row % L, Math.floor(row / L)];
		return values[((Math.floor(head / H) * L + l) * H + (head % H)) * D + d] ?? Number.NaN;
	});
}
