import { HeedError } from "@heed/core";

/** A storage buffer of a kernel, in the order of its binding. */
export interface StorageBinding {
	readonly name: string;
	readonly access: "read" | "read_write";
	readonly type: string;
}

/** Workgroups along one dimension, which every device has. */
export const groupsPerDimension = 65535;

/** Workgroups for so many threads in a row; in the kernel, `group.x + group.y * 65535`. */
export function linearGroups(threads: number, perGroup: number): readonly [number, number, number] {
	const count = Math.ceil(threads / perGroup);
	return [Math.min(count, groupsPerDimension), Math.ceil(count / groupsPerDimension), 1];
}

/** A kernel in WGSL: its storage buffers in order of binding; a uniform follows them. */
export interface GpuProgram {
	/** What it is called in messages. */
	readonly name: string;
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
	readonly program: GpuProgram;
	readonly module: GPUShaderModule;
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
		const { layout, descriptor, module } = describe(device, program);
		found = { program, module, pipeline: device.createComputePipeline(descriptor), layout };
		programs.set(program.key, found);
	}
	return found;
}

/**
 * Compiles a program ahead, without blocking.
 *
 * @throws HeedError `DEVICE` with the lines of the shader that do not compile.
 */
export async function compileAhead(device: GPUDevice, program: GpuProgram): Promise<void> {
	if (compiled.get(device)?.has(program.key) === true) return;
	device.pushErrorScope("validation"); // what is wrong is thrown here and nowhere else
	const { layout, descriptor, module, source } = describe(device, program);
	const refused = device.popErrorScope();
	const faults = await faultsOf(module);
	const error = await refused;
	if (faults.length > 0) throw new HeedError("DEVICE", program.name, annotate(source, faults));
	if (error !== null) throw new HeedError("DEVICE", program.name, error.message);
	const pipeline = await device.createComputePipelineAsync(descriptor);
	const programs = compiled.get(device) ?? new Map<string, Compiled>();
	programs.set(program.key, { program, module, pipeline, layout });
	compiled.set(device, programs);
}

async function faultsOf(module: GPUShaderModule): Promise<GPUCompilationMessage[]> {
	const { messages } = await module.getCompilationInfo();
	return messages.filter(({ type }) => type === "error");
}

/** Says which of the programs did not compile and in which line, or else which of them the device's message is about. */
export async function explainFailure(
	device: GPUDevice,
	programs: Iterable<GpuProgram>,
	message: string,
): Promise<string> {
	const names = new Set<string>();
	for (const program of programs) {
		names.add(program.name);
		const module = compiled.get(device)?.get(program.key)?.module;
		const faults = module === undefined ? [] : await faultsOf(module);
		if (faults.length > 0) return `${program.name}: ${annotate(program.source(), faults)}`;
	}
	return `${message} (while running ${[...names].join(", ")})`;
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
