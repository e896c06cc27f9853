import "@tensorflow/tfjs-layers"; // gradients of the host's operations
import { createDevice, describeBackend } from "@heed/backend-webgpu";
import { HeedError } from "@heed/core";
import type { PageOutcome, PageSettings } from "./browser-cli.ts";
import type { GpuContender } from "./gpu-contender.ts";
import { tensorContenders } from "./gpu-workloads.ts";
import { cardSizes, measureGpu, smallSizes } from "./measure-gpu.ts";
import { type OrtGpuModule, onnxGpuContenders } from "./onnx-gpu-contenders.ts";

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

async function run(): Promise<PageOutcome> {
	const date = new Date().toISOString();
	const { card, small, ort: ortPath }: PageSettings = await (await fetch("/settings")).json();
	const device = await createDevice({ features: await safeFeatures() });
	const adapter = describeBackend().adapter ?? "unknown";
	const software = adapter.includes("swiftshader");
	if (card && software) {
		const advice = "Without --card, it is measured.";
		return { refused: `Chromium found no graphics card, but ${adapter}, which is a program. ${advice}` };
	}
	await post("/line", adapter);
	const others: GpuContender[] = [];
	let onnxruntime: string | undefined;
	if (ortPath !== undefined) {
		const ort: OrtGpuModule = await import(/* @vite-ignore */ ortPath);
		onnxruntime = ort.env.versions.web;
		others.push(...onnxGpuContenders(ort, device));
	}
	const measured = await measureGpu({
		sizes: small || software ? smallSizes : cardSizes,
		contenders: [...tensorContenders, ...others],
		tell: (line) => void post("/line", line),
	});
	const host = /Chrome\/[\d.]+/.exec(navigator.userAgent)?.[0].replace("/", " ") ?? navigator.userAgent;
	const versions = { host, ...(onnxruntime !== undefined && { onnxruntime }) };
	return { report: { date, adapter, software, precision: "f32", ...versions, ...measured } };
}

run().then(
	(outcome) => post("/done", outcome),
	(error: unknown) =>
		HeedError.isInstance(error) && error.code === "UNSUPPORTED"
			? post("/done", { refused: error.message } satisfies PageOutcome)
			: post("/broken", { message: String(error) }),
);
