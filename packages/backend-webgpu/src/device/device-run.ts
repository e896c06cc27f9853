import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { checkSize } from "./check-size.ts";
import { guardOf } from "./device-guard.ts";
import { encodeDispatch, explainFailure, type GpuProgram } from "./gpu-programs.ts";

/** What a kernel of this package can do with the device; everything is submitted together at the end. */
export interface DeviceRun {
	/**
	 * A float32 tensor on the device, not initialised; the caller's.
	 *
	 * @param name What it is called where it is too large for the device.
	 */
	result(name: string, shape: readonly number[]): TensorInfo;
	/** The same, freed after the run. */
	scratch(name: string, shape: readonly number[]): TensorInfo;
	/** A uniform buffer with this content, freed after the run. */
	uniform(content: ArrayBuffer): GPUBuffer;
	dispatch(
		program: GpuProgram,
		tensors: readonly TensorInfo[],
		uniform: GPUBuffer,
		groups: readonly [number, number, number],
	): void;
	/** Fills a tensor with the bytes of another, from an offset on. */
	copy(from: TensorInfo, offset: number, to: TensorInfo): void;
	/** Puts a tensor's bytes into another, at an offset. */
	copyInto(from: TensorInfo, to: TensorInfo, offset: number): void;
	/** Puts numbers into a tensor, at an offset in bytes, before anything is run. */
	write(to: TensorInfo, offset: number, data: Int32Array): void;
}

/**
 * Records work of our own in an encoder of our own. What the host has recorded is submitted first, so that the order of the
 * queue is the order of the calls. What the device refuses shows when the results are read.
 *
 * @param where The public function that runs.
 * @param inputs What the work reads, by name.
 * @param work Makes all its tensors before it dispatches anything.
 * @throws HeedError `UNSUPPORTED`: a tensor is over the device's limits.
 * @throws DeviceLostError
 */
export function withDevice(
	backend: WebGPUBackend,
	where: string,
	inputs: Readonly<Record<string, TensorInfo | undefined>>,
	work: (run: DeviceRun) => TensorInfo[],
): TensorInfo[] {
	const { device, queue, bufferManager } = backend;
	for (const [name, tensor] of Object.entries(inputs)) {
		if (tensor !== undefined) checkSize(where, device, name, tensor.shape);
	}
	const programs = new Set<GpuProgram>();
	const explain = (message: string): Promise<string> => explainFailure(device, programs, message);
	const endListening = guardOf(backend).listen({ where, explain });
	const encoder = device.createCommandEncoder();
	let pass: GPUComputePassEncoder | undefined;
	const results: TensorInfo[] = [];
	const scratches: TensorInfo[] = [];
	const uniforms: GPUBuffer[] = [];
	const bufferOf = (tensor: TensorInfo): GPUBuffer => {
		backend.uploadToGPU(tensor.dataId);
		return backend.tensorMap.get(tensor.dataId).resource as GPUBuffer;
	};
	const endPass = (): void => {
		pass?.end();
		pass = undefined;
	};
	const allocate = (name: string, shape: readonly number[], list: TensorInfo[]): TensorInfo => {
		checkSize(where, device, name, shape);
		const tensor = backend.makeTensorInfo([...shape], "float32");
		list.push(tensor);
		return tensor;
	};
	const copyInto = (from: TensorInfo, offset: number, to: GPUBuffer, at: number, bytes: number): void => {
		endPass();
		encoder.copyBufferToBuffer(bufferOf(from), offset, to, at, bytes);
	};
	const run: DeviceRun = {
		result: (name, shape) => allocate(name, shape, results),
		scratch: (name, shape) => allocate(name, shape, scratches),
		uniform(content) {
			const buffer = bufferManager.acquireBuffer(
				content.byteLength,
				GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
			);
			uniforms.push(buffer);
			queue.writeBuffer(buffer, 0, content);
			return buffer;
		},
		dispatch(program, tensors, uniform, groups) {
			const buffers = tensors.map(bufferOf);
			programs.add(program);
			pass ??= encoder.beginComputePass();
			encodeDispatch(device, pass, { program, buffers, uniform, groups });
		},
		copy: (from, offset, to) => copyInto(from, offset, bufferOf(to), 0, bytesOf(to)),
		copyInto: (from, to, at) => copyInto(from, 0, bufferOf(to), at, bytesOf(from)),
		write: (to, at, data) => queue.writeBuffer(bufferOf(to), at, data),
	};
	try {
		const returned = work(run);
		endPass();
		backend.ensureCommandEncoderReady();
		backend.endComputePassEncoder();
		backend.submitQueue();
		queue.submit([encoder.finish()]);
		return returned;
	} catch (error) {
		for (const { dataId } of results) backend.disposeData(dataId);
		throw error;
	} finally {
		for (const { dataId } of scratches) backend.disposeData(dataId);
		for (const buffer of uniforms) bufferManager.releaseBuffer(buffer);
		endListening(results.map(({ dataId }) => dataId));
	}
}

function bytesOf({ shape }: TensorInfo): number {
	return 4 * shape.reduce((size, length) => size * length, 1);
}
