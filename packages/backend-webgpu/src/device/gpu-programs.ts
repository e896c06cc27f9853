import { HeedError } from "@heed/core";
import type { StorageBinding } from "../attention/attention-shader.ts";

/** A kernel in WGSL: its storage buffers in order of binding; a uniform follows them. */
export interface GpuProgram {
	/** Tells it from every other program: all that was compiled into it. */
	readonly key: string;
	readonly bindings: readonly StorageBinding[];
	/** Writes the shader. Called once per device. */
	source(): string;
}

/** One run of a program. */
export interface Dispatch {
	readonly program: GpuProgram;
	/** In the order of the program's bindings. */
	readonly buffers: readonly GPUBuffer[];
	readonly uniform: GPUBuffer;
	/** Workgroups along x, y and z. */
	readonly groups: readonly [number, number, number];
}

interface Compiled {
	readonly pipeline: GPUComputePipeline;
	readonly layout: GPUBindGroupLayout;
}

const compiled = new WeakMap<GPUDevice, Map<string, Compiled>>();

/** Records a run. The pipeline is compiled at the first one and kept as long as the device. */
export function encodeDispatch(device: GPUDevice, pass: GPUComputePassEncoder, dispatch: Dispatch): void {
	const { program, buffers, uniform, groups } = dispatch;
	const { pipeline, layout } = compile(device, program);
	const entries = [...buffers, uniform].map((buffer, binding) => ({ binding, resource: { buffer } }));
	pass.setPipeline(pipeline);
	pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
	pass.dispatchWorkgroups(...groups);
}

/** Compiles a program unless it is. */
export function compile(device: GPUDevice, program: GpuProgram): Compiled {
	let programs = compiled.get(device);
	if (programs === undefined) {
		programs = new Map();
		compiled.set(device, programs);
	}
	let found = programs.get(program.key);
	if (found === undefined) {
		const { layout, descriptor } = describe(device, program);
		found = { pipeline: device.createComputePipeline(descriptor), layout };
		programs.set(program.key, found);
	}
	return found;
}

/**
 * Compiles a program ahead, without blocking.
 *
 * @throws HeedError `UNSUPPORTED` with the lines of the shader that do not compile.
 */
export async function compileAhead(device: GPUDevice, program: GpuProgram): Promise<void> {
	if (compiled.get(device)?.has(program.key) === true) return;
	const { layout, descriptor, module, source } = describe(device, program);
	const { messages } = await module.getCompilationInfo();
	const faults = messages.filter(({ type }) => type === "error");
	if (faults.length > 0) throw new HeedError("UNSUPPORTED", program.key, annotate(source, faults));
	const pipeline = await device.createComputePipelineAsync(descriptor);
	const programs = compiled.get(device) ?? new Map<string, Compiled>();
	programs.set(program.key, { pipeline, layout });
	compiled.set(device, programs);
}

function describe(
	device: GPUDevice,
	program: GpuProgram,
): {
	readonly layout: GPUBindGroupLayout;
	readonly descriptor: GPUComputePipelineDescriptor;
	readonly module: GPUShaderModule;
	readonly source: string;
} {
	const types = [
		...program.bindings.map(({ access }) => (access === "read" ? "read-only-storage" : "storage")),
		"uniform",
	] as GPUBufferBindingType[];
	const layout = device.createBindGroupLayout({
		entries: types.map((type, binding) => ({
			binding,
			visibility: GPUShaderStage.COMPUTE,
			buffer: { type },
		})),
	});
	const source = program.source();
	const module = device.createShaderModule({ code: source, label: program.key });
	const descriptor: GPUComputePipelineDescriptor = {
		label: program.key,
		layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
		compute: { module, entryPoint: "main" },
	};
	return { layout, descriptor, module, source };
}

/** What the compiler says, each with the line of the shader that it is about. */
export function annotate(
	source: string,
	messages: readonly Pick<GPUCompilationMessage, "message" | "lineNum" | "linePos">[],
): string {
	const lines = source.split("\n");
	const notes = messages.map(({ message, lineNum, linePos }) => {
		const line = lines[lineNum - 1] ?? "";
		return `${message}\n  ${lineNum} | ${line}\n  ${" ".repeat(`${lineNum}`.length)} | ${" ".repeat(Math.max(0, linePos - 1))}^`;
	});
	return `the shader does not compile.\n${notes.join("\n")}`;
}
