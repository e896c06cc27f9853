import { checkChoice, checkOptions, HeedError } from "@heed/core";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { registerKernels } from "../register-kernels.ts";
import { guardOf } from "./device-guard.ts";
import { findTier } from "./device-tier.ts";
import { runningWebGpu } from "./running-webgpu.ts";

/** Options of {@link createDevice}. */
export interface DeviceOptions {
	/**
	 * `auto`: subgroups, f16 and timestamps where the adapter has them, and its largest limits. `none`: no feature and the
	 * default limits, which every WebGPU device has. Default `auto`.
	 */
	readonly features?: "auto" | "none" | undefined;
	/**
	 * `f16`: the operands of products lie in workgroup memory as half floats, which is half the traffic there; sums stay
	 * float32. Results are then right to about 1e-3 of the largest value, and what is above 65,504 becomes infinite. By
	 * shader-f16 where the device has it, else by packing. Default `f32`.
	 */
	readonly precision?: "f32" | "f16" | undefined;
	/** The name that the backend gets in TensorFlow.js, without `_`. Default `webgpu`, which replaces the host's own. */
	readonly backendName?: string | undefined;
}

const wantedFeatures: readonly GPUFeatureName[] = [
	"timestamp-query",
	"subgroups",
	"shader-f16",
] as GPUFeatureName[];

const wantedLimits = [
	"maxBufferSize",
	"maxStorageBufferBindingSize",
	"maxStorageBuffersPerShaderStage",
	"maxComputeWorkgroupStorageSize",
	"maxComputeInvocationsPerWorkgroup",
	"maxComputeWorkgroupSizeX",
	"maxComputeWorkgroupsPerDimension",
] as const;

/**
 * Makes a WebGPU device and a TensorFlow.js backend on it, with the fused kernels of this package, and waits until it is the
 * current backend. Tensors of a backend that it replaces are gone. After a device was lost, it makes a fresh one.
 *
 * @throws HeedError `OPTION`; `UNSUPPORTED` where there is no WebGPU or no adapter.
 */
export async function createDevice(options: DeviceOptions = {}): Promise<GPUDevice> {
	const where = "createDevice";
	checkDeviceOptions(where, options);
	const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
	if (gpu === undefined) {
		throw new HeedError(
			"UNSUPPORTED",
			where,
			"there is no `navigator.gpu`. Use a browser with WebGPU on a secure page, or startWebGpu of @heed/backend-webgpu/node.",
		);
	}
	const adapter = await findAdapter(gpu);
	if (adapter === null) {
		throw new HeedError(
			"UNSUPPORTED",
			where,
			"WebGPU is here, and no adapter: no graphics driver that it can use was found.",
		);
	}
	return startDevice(where, adapter, options);
}

/** Refuses unknown and wrong options of a device. */
export function checkDeviceOptions(
	where: string,
	options: DeviceOptions,
	others: readonly string[] = [],
): void {
	checkOptions(where, options, ["features", "precision", "backendName", ...others]);
	const { features = "auto", precision = "f32", backendName = "webgpu" } = options;
	checkChoice(where, "features", features, ["auto", "none"]);
	checkChoice(where, "precision", precision, ["f32", "f16"]);
	const refuse = (what: string): HeedError =>
		new HeedError("OPTION", where, `\`backendName\` is ${JSON.stringify(backendName)}; ${what}.`);
	if (typeof backendName !== "string" || backendName === "") throw refuse("expected a name");
	if (backendName.includes("_")) throw refuse("names must not contain '_'");
	const taken = tf.engine().registryFactory[backendName] !== undefined;
	// The host's own need not have been started yet.
	if (taken && backendName !== "webgpu" && runningWebGpu(backendName) === undefined) {
		throw refuse("that is a backend of another kind, which would be gone. Choose another name");
	}
}

/** The adapter that is worth most. */
export function findAdapter(gpu: GPU): Promise<GPUAdapter | null> {
	return gpu.requestAdapter({ powerPreference: "high-performance" });
}

/** A device of an adapter, and the backend on it, which becomes the current one. */
export async function startDevice(
	where: string,
	adapter: GPUAdapter,
	{ features = "auto", precision = "f32", backendName = "webgpu" }: DeviceOptions,
): Promise<GPUDevice> {
	const device = await adapter.requestDevice(
		features === "none"
			? {}
			: {
					requiredFeatures: wantedFeatures.filter((feature) => adapter.features.has(feature)),
					requiredLimits: Object.fromEntries(wantedLimits.map((name) => [name, adapter.limits[name]])),
				},
	);
	await findTier(device, infoOf(adapter), precision);
	if (tf.engine().registryFactory[backendName] !== undefined) tf.removeBackend(backendName);
	if (tf.getKernelsForBackend(backendName).length === 0) tf.copyRegisteredKernels("webgpu", backendName);
	tf.registerBackend(
		backendName,
		() => {
			const backend = new WebGPUBackend(device, infoOf(adapter));
			guardOf(backend);
			return backend;
		},
		3,
	);
	registerKernels(backendName);
	if (!(await tf.setBackend(backendName))) {
		throw new HeedError("UNSUPPORTED", where, `the backend '${backendName}' did not start.`);
	}
	return device;
}

/** The types that come with TensorFlow.js are older than `adapter.info`. */
export function infoOf(adapter: GPUAdapter): GPUAdapterInfo {
	return (adapter as unknown as { readonly info: GPUAdapterInfo }).info;
}
