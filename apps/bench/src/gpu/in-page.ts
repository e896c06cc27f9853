import "@tensorflow/tfjs-layers"; // gradients of the host's operations
import { createDevice, describeBackend } from "@heed/backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import type { GpuContender } from "./gpu-contender.ts";
import { gpuTable } from "./gpu-table.ts";
import { tensorContenders } from "./gpu-workloads.ts";
import { cardSizes, measureGpu, smallSizes } from "./measure-gpu.ts";
import { type OrtGpuModule, onnxGpuContenders } from "./onnx-gpu-contenders.ts";

/** What the command was asked for. */
interface PageSettings {
	readonly small: boolean;
	/** Where ONNX Runtime is served; nothing where it is not installed. */
	readonly ort?: string;
}

const post = (path: string, body: unknown): Promise<Response> =>
	fetch(path, { method: "POST", body: JSON.stringify(body) });

/**
 * ONNX Runtime's fused kernel takes subgroups to have eight lanes or more. SwiftShader's have four, and what comes out then is
 * something else; without subgroups it takes another way.
 */
async function safeFeatures(): Promise<"auto" | "none"> {
	const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
	const { subgroupMinSize = 0 } = (adapter as { info?: { subgroupMinSize?: number } } | null)?.info ?? {};
	return subgroupMinSize >= 8 ? "auto" : "none";
}

async function run(): Promise<void> {
	const settings: PageSettings = await (await fetch("/settings")).json();
	const device = await createDevice({ features: await safeFeatures() });
	tf.env().set("WEBGPU_CPU_FORWARD", false);
	const adapter = describeBackend().adapter ?? "unknown";
	const software = adapter.includes("swiftshader");
	await post("/line", adapter);
	const others: GpuContender[] = [];
	let version: string | undefined;
	if (settings.ort !== undefined) {
		const ort: OrtGpuModule = await import(/* @vite-ignore */ settings.ort);
		version = ort.env.versions.web;
		others.push(...onnxGpuContenders(ort, device));
	}
	const sizes = settings.small || software ? smallSizes : cardSizes;
	const tell = (line: string): void => void post("/line", line);
	const report = await measureGpu(sizes, tell, [...tensorContenders, ...others]);
	await post("/done", {
		report: { adapter, browser: navigator.userAgent, onnxruntime: version, ...report },
		table: gpuTable(report),
	});
}

run().catch((error: unknown) => post("/broken", { message: String(error) }));
