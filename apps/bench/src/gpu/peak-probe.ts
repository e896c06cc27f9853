import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { DeviceClock } from "./device-clock.ts";

const lanes = 256;
const chains = 8;
const steps = 1024;

const multiplyAdds = `
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@group(0) @binding(1) var<uniform> u: vec4<f32>;
@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
	${each((i) => `var a${i} = vec4<f32>(f32(id.x + ${i}u));`)}
	for (var n = 0u; n < ${steps}u; n++) { ${each((i) => `a${i} = fma(a${i}, vec4<f32>(u.x), vec4<f32>(u.y));`)} }
	let sum = ${each((i) => `a${i}`, " + ")};
	out[id.x] = sum.x + sum.y + sum.z + sum.w;
}`;

const copy = `
@group(0) @binding(0) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(1) var<uniform> u: vec4<f32>;
@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
	let half = arrayLength(&out) / 2u;
	for (var i = id.x; i < half; i += groups.x * ${lanes}u) { out[half + i] = out[i] + u; }
}`;

/** What an adapter reaches where nothing but arithmetic, or nothing but memory, takes time. */
export interface Peak {
	/** 10¹² float32 operations per second, in a loop of multiply-adds. */
	readonly teraflops: number;
	/** 10⁹ bytes per second that a copy reads and writes. */
	readonly gigabytes: number;
}

/** Measures both. `groups` workgroups of multiply-adds, and a buffer of so many bytes to copy half of. */
export async function probePeak(
	{ device, queue }: WebGPUBackend,
	clock: DeviceClock,
	{ groups, bytes }: { readonly groups: number; readonly bytes: number },
): Promise<Peak> {
	const run = async (code: string, size: number, workgroups: number): Promise<number> => {
		const compute = { module: device.createShaderModule({ code }), entryPoint: "main" };
		const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute });
		const out = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE });
		const uniform = device.createBuffer({
			size: 16,
			usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
		});
		queue.writeBuffer(uniform, 0, new Float32Array([0.999, 0.001, 0, 0]));
		const entries = [out, uniform].map((buffer, binding) => ({ binding, resource: { buffer } }));
		const bindGroup = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
		const dispatch = (): void => {
			const encoder = device.createCommandEncoder();
			const pass = encoder.beginComputePass();
			pass.setPipeline(pipeline);
			pass.setBindGroup(0, bindGroup);
			pass.dispatchWorkgroups(workgroups);
			pass.end();
			queue.submit([encoder.finish()]);
		};
		await clock.time(dispatch, 1);
		const times = [await clock.time(dispatch, 3), await clock.time(dispatch, 3)];
		for (const used of [out, uniform]) used.destroy();
		return Math.min(...times);
	};
	const arithmetic = await run(multiplyAdds, 4 * lanes * groups, groups);
	const memory = await run(copy, bytes, Math.min(16_384, Math.ceil(bytes / (32 * lanes))));
	return {
		teraflops: (groups * lanes * steps * chains * 8) / arithmetic / 1e9,
		gigabytes: bytes / memory / 1e6,
	};
}

function each(line: (i: number) => string, between = " "): string {
	return Array.from({ length: chains }, (_, i) => line(i)).join(between);
}
