/** What a device computes with beside the baseline, which every device has. */
export interface DeviceTier {
	/** Lanes of a subgroup, at least; 0 where subgroups are not used. */
	readonly subgroupSize: number;
	/** Operands of products lie in workgroup memory as f16: by the device's own type, or packed in pairs by every device. */
	readonly half?: "native" | "packed" | undefined;
	/** The adapter is a program: compiling a large kernel takes longer than running a small one. */
	readonly software?: boolean;
}

const tiers = new WeakMap<GPUDevice, DeviceTier>();

/** What was found out about a device when it was made; the baseline for one that the host made. */
export function tierOf(device: GPUDevice): DeviceTier {
	const known = tiers.get(device);
	if (known !== undefined) return known;
	const { adapterInfo } = device as { readonly adapterInfo?: GPUAdapterInfo };
	const tier = { subgroupSize: 0, software: adapterInfo !== undefined && isSoftware(adapterInfo) };
	tiers.set(device, tier);
	return tier;
}

/** True for SwiftShader and llvmpipe. */
export function isSoftware({
	vendor,
	architecture,
}: Pick<GPUAdapterInfo, "vendor" | "architecture">): boolean {
	return vendor === "google" || vendor === "mesa" || architecture === "swiftshader";
}

/** Finds out what a device can do, and remembers it. */
export async function findTier(
	device: GPUDevice,
	info: GPUAdapterInfo,
	precision: "f32" | "f16",
): Promise<void> {
	const native = device.features.has("shader-f16");
	tiers.set(device, {
		subgroupSize: await usableSubgroupSize(device, info),
		software: isSoftware(info),
		...(precision === "f16" && { half: native ? "native" : "packed" }),
	});
}

const threads = 128;

/**
 * Nothing promises that the lanes of a subgroup are neighbouring threads, which the kernels need: it is tried. The size is the
 * least that the adapter names, for it may differ from kernel to kernel.
 */
async function usableSubgroupSize(device: GPUDevice, info: GPUAdapterInfo): Promise<number> {
	if (!device.features.has("subgroups" as GPUFeatureName)) return 0;
	const least = (info as { readonly subgroupMinSize?: number }).subgroupMinSize ?? 0;
	const lanes = await probe(device);
	return lanes.every(([lane, size], i) => size >= least && lane === i % size) ? least : 0;
}

/** Lane and size of the subgroup of each thread. */
async function probe(device: GPUDevice): Promise<[lane: number, size: number][]> {
	const module = device.createShaderModule({
		code: `enable subgroups;
@group(0) @binding(0) var<storage, read_write> seen: array<vec2<u32>>;
@compute @workgroup_size(${threads})
fn main(@builtin(local_invocation_index) i: u32, @builtin(subgroup_invocation_id) lane: u32, @builtin(subgroup_size) size: u32) {
	seen[i] = vec2<u32>(lane, size);
}`,
	});
	const pipeline = await device.createComputePipelineAsync({
		layout: "auto",
		compute: { module, entryPoint: "main" },
	});
	const size = 8 * threads;
	const seen = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
	const read = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
	const layout = pipeline.getBindGroupLayout(0);
	const encoder = device.createCommandEncoder();
	const pass = encoder.beginComputePass();
	pass.setPipeline(pipeline);
	pass.setBindGroup(
		0,
		device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer: seen } }] }),
	);
	pass.dispatchWorkgroups(1);
	pass.end();
	encoder.copyBufferToBuffer(seen, 0, read, 0, size);
	device.queue.submit([encoder.finish()]);
	await read.mapAsync(GPUMapMode.READ);
	const values = [...new Uint32Array(read.getMappedRange())];
	seen.destroy();
	read.destroy();
	return Array.from({ length: threads }, (_, i) => [values[2 * i] ?? 0, values[2 * i + 1] ?? 0]);
}
