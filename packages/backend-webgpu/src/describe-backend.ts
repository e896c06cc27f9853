import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { fusedAttention } from "./attention/fused-attention.ts";
import { tierOf } from "./device/device-tier.ts";

/** A kernel of this package, and whether it is used. */
export interface KernelStatus {
	readonly name: string;
	readonly active: boolean;
	/** Why it is not. */
	readonly reason?: string;
}

/** What {@link describeBackend} says. */
export interface BackendDescription {
	/** The current backend of TensorFlow.js. */
	readonly backend: string;
	/** Vendor, architecture and name of the adapter, as far as they are told. */
	readonly adapter?: string;
	readonly features: readonly string[];
	/** The limits of the device that the kernels depend on. */
	readonly limits: Readonly<Record<string, number>>;
	readonly kernels: readonly KernelStatus[];
	/** Whether rows are reduced by subgroups, where a tile is narrow enough for them. */
	readonly subgroups: boolean;
	/** `f16` for a device that was made with `precision: "f16"`. */
	readonly precision: "f32" | "f16";
}

const names = ["ScaledDotProductAttention", "GridSample"] as const;

const shownLimits = [
	"maxBufferSize",
	"maxStorageBufferBindingSize",
	"maxStorageBuffersPerShaderStage",
	"maxComputeWorkgroupStorageSize",
	"maxComputeInvocationsPerWorkgroup",
] as const;

/** The current backend, its device, and which kernels of this package run on it, or why not. */
export function describeBackend(): BackendDescription {
	const backend = tf.getBackend();
	const device = (tf.backend() as Partial<WebGPUBackend> | undefined)?.device;
	if (device === undefined) {
		const reason = `the backend '${backend}' is not WebGPU: stock operations compute everything there`;
		const kernels = names.map((name) => ({ name, active: false, reason }));
		return { backend, features: [], limits: {}, kernels, subgroups: false, precision: "f32" };
	}
	// The host keeps vendor and architecture of what the adapter says; newer devices know all of it.
	const told = (device as { readonly adapterInfo?: GPUAdapterInfo }).adapterInfo;
	const info = (told ?? (tf.backend() as WebGPUBackend).adapterInfo) as Partial<GPUAdapterInfo> | undefined;
	const adapter = [info?.vendor, info?.architecture, info?.device, info?.description]
		.filter((part) => part !== undefined && part !== "")
		.join(" ");
	const tensor = [1, 1, 1, 64];
	const reason = fusedAttention(backend).unsupported(
		{ query: tensor, key: tensor, value: tensor },
		{} as never,
	);
	const { subgroupSize, half } = tierOf(device);
	return {
		subgroups: subgroupSize > 0,
		precision: half === undefined ? "f32" : "f16",
		backend,
		adapter,
		features: [...device.features],
		limits: Object.fromEntries(shownLimits.map((limit) => [limit, device.limits[limit]])),
		kernels: [
			{ name: names[0], active: reason === undefined, ...(reason !== undefined && { reason }) },
			{ name: names[1], active: true },
		],
	};
}
