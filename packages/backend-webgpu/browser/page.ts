import * as tf from "@tensorflow/tfjs-core";
// @boundaries-ignore the suite stands beside what it tests
import "../../core/src/dot-product/attention-edges.test.ts";
// @boundaries-ignore the suite stands beside what it tests
import "../../core/src/dot-product/attention-gradient.test.ts";
// @boundaries-ignore the suite stands beside what it tests
import "../../core/src/dot-product/onnx-attention.test.ts";
// @boundaries-ignore the suite stands beside what it tests
import "../../core/src/dot-product/torch-attention.test.ts";
// @boundaries-ignore the suite stands beside what it tests
import "../../core/src/warp/grid-conformance.test.ts";
import "../src/attention/attention-memory.test.ts";
import "../src/attention/fused-attention.test.ts";
import "../src/attention/tile-table.test.ts";
import "../src/attention/warm-up.test.ts";
import "../src/describe-backend.test.ts";
import "../src/device/device-guard.test.ts";
import "../src/grid-sample/fused-grid-sample.test.ts";
import { describeBackend } from "../src/index.ts";
import "./webgl.test.ts";
import { runSuites, type TestOutcome } from "./vitest-in-page.ts";

const post = (path: string, body: unknown): Promise<Response> =>
	fetch(path, { method: "POST", body: JSON.stringify(body) });

async function run(): Promise<void> {
	// The device is the host's own, as it is for who only imports the package.
	if (!(await tf.setBackend("webgpu"))) throw new Error("the backend 'webgpu' did not start");
	tf.env().set("WEBGPU_CPU_FORWARD", false); // small tensors too
	const { adapter, kernels } = describeBackend();
	await post("/adapter", { adapter, kernels });
	const only: string[] = await (await fetch("/only")).json();
	const outcomes: TestOutcome[] = [];
	await runSuites(only, (outcome) => {
		outcomes.push(outcome);
		void post("/outcome", outcome);
	});
	await post("/done", outcomes);
}

run().catch((error: unknown) => post("/broken", { message: String(error) }));
