import {
	GRID_SAMPLE,
	GRID_SAMPLE_GRAD,
	SCALED_DOT_PRODUCT_ATTENTION,
	SCALED_DOT_PRODUCT_ATTENTION_GRAD,
} from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { fusedAttention } from "./attention/fused-attention.ts";
import { largestDim } from "./attention/tile-table.ts";
import { lossOf } from "./device/device-guard.ts";
import { tierOf } from "./device/device-tier.ts";
import { runningWebGpu } from "./device/running-webgpu.ts";
import { fusedGridSample } from "./grid-sample/fused-grid-sample.ts";

/** A kernel of this package, and whether it is used. */
export interface KernelStatus {
	readonly name: string;
	readonly active: boolean;
	/** Why it is not, or not for which calls. */
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

const shownLimits = [
	"maxBufferSize",
	"maxStorageBufferBindingSize",
	"maxStorageBuffersPerShaderStage",
	"maxComputeWorkgroupStorageSize",
	"maxComputeInvocationsPerWorkgroup",
] as const;

/** The current backend, its device, and which kernels of this package run on it, or why not. */
export function describeBackend(): BackendDescription {
	const backend = tf.engine().backendName ?? "";
	const webgpu = runningWebGpu();
	if (webgpu === undefined) {
		const reason =
			backend === ""
				? "no backend has been chosen yet: `await tf.setBackend('webgpu')`"
				: `the backend '${backend}' is not WebGPU: stock operations compute everything there`;
		const kernels = questions.map(({ name }) => ({ name, active: false, reason }));
		return { backend, features: [], limits: {}, kernels, subgroups: false, precision: "f32" };
	}
	const { device } = webgpu;
	// The host keeps vendor and architecture of what the adapter says; newer devices know all of it.
	const told = (device as { readonly adapterInfo?: GPUAdapterInfo }).adapterInfo;
	const info = (told ?? webgpu.adapterInfo) as Partial<GPUAdapterInfo> | undefined;
	const { subgroupSize, half } = tierOf(device);
	return {
		subgroups: subgroupSize > 0,
		precision: half === undefined ? "f32" : "f16",
		backend,
		adapter: [info?.vendor, info?.architecture, info?.device, info?.description]
			.filter((part) => part !== undefined && part !== "")
			.join(" "),
		features: [...device.features],
		limits: Object.fromEntries(shownLimits.map((limit) => [limit, device.limits[limit]])),
		kernels: questions.map((question) => statusOf(question, backend, lossOf(webgpu))),
	};
}

/** A kernel, and calls of it, of which the device may do some and others not. */
interface Question {
	readonly name: string;
	readonly calls: readonly {
		readonly what: string;
		readonly unsupported: (backend: string) => string | undefined;
	}[];
}

/** The kernels of attention take more of a device for longer vectors. */
const attentionCalls = (gradients: boolean): Question["calls"] =>
	[128, largestDim].map((dim) => ({
		what: `vectors of up to ${dim}`,
		unsupported: (backend) => {
			const tensor = [1, 1, 1, dim];
			const all = { query: tensor, key: tensor, value: tensor, bias: [1, 1, 1, 1] };
			return fusedAttention(backend).unsupported(
				gradients ? { ...all, outputGrad: tensor } : all,
				{} as never,
			);
		},
	}));

const gridSampleCalls = (gradients: boolean): Question["calls"] => {
	const image = [1, 1, 1, 1];
	const shapes = { image, grid: [1, 1, 1, 2], ...(gradients && { dy: image }) };
	return [{ what: "", unsupported: (backend) => fusedGridSample(backend).unsupported(shapes, {} as never) }];
};

const questions: readonly Question[] = [
	{ name: SCALED_DOT_PRODUCT_ATTENTION, calls: attentionCalls(false) },
	{ name: SCALED_DOT_PRODUCT_ATTENTION_GRAD, calls: attentionCalls(true) },
	{ name: GRID_SAMPLE, calls: gridSampleCalls(false) },
	{ name: GRID_SAMPLE_GRAD, calls: gridSampleCalls(true) },
];

function statusOf({ name, calls }: Question, backend: string, loss: Error | undefined): KernelStatus {
	if (loss !== undefined) return { name, active: false, reason: loss.message };
	const answers = calls.map(({ what, unsupported }) => ({ what, reason: unsupported(backend) }));
	const refused = answers.filter(({ reason }) => reason !== undefined);
	if (refused.length === 0) return { name, active: true };
	const active = refused.length < answers.length;
	const [first] = refused;
	return { name, active, reason: `${active ? `${first?.what}: ` : ""}${first?.reason}` };
}
