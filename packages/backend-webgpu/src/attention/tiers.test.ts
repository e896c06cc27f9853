import type { AttentionProblem } from "@heed/testing";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { create } from "webgpu";
import { expectSame, plain } from "../../test/attention-agreement.ts";
import { compileAhead } from "../device/gpu-programs.ts";
import { createDevice, describeBackend, overrideTiles } from "../index.ts";
import { backwardPlan, forwardPlan } from "./attention-plan.ts";

const gpu = create(["backend=null"]); // held: it takes its devices with it when it is collected
const narrow = { threadsX: 4, threadsY: 8, rows: 4, columns: 2, depth: 8, chunk: 8 };
const narrowTiles = { forward: narrow, keyGrad: narrow, queryGrad: narrow, biasGrad: narrow };
const rich = {
	...plain,
	causal: true,
	queryOffset: 9,
	sunk: true,
	softcap: 3,
	bias: [true, false, false, true],
} satisfies AttentionProblem;

describe("what a device has beside the baseline", () => {
	const software = async (): Promise<boolean> => {
		await tf.setBackend("webgpu");
		return describeBackend().adapter?.includes("swiftshader") === true;
	};
	afterEach(async () => {
		overrideTiles((await software()) ? "software" : undefined);
		if (tf.engine().registryFactory.tiered !== undefined) tf.removeBackend("tiered");
	});

	it("subgroups reduce rows where they are", async (context) => {
		const device = await createDevice({ backendName: "tiered" });
		if (!describeBackend().subgroups) return context.skip("the adapter has no subgroups in order");
		const shaders = vi.spyOn(device, "createShaderModule");
		overrideTiles(narrowTiles);
		await expectSame(rich, { backend: "tiered" });
		const sources = shaders.mock.calls.map(([{ code }]) => code);
		expect(sources.filter((code) => code.includes("subgroupShuffleXor"))).not.toEqual([]);
	});

	it("f16 is within its error, packed where the device has no such type", async () => {
		await createDevice({ backendName: "tiered", precision: "f16" });
		expect(describeBackend().precision).toBe("f16");
		if (await software()) overrideTiles(narrowTiles);
		const problem = { ...rich, headDim: 64, valueDim: 64, seed: 2 };
		const worst = await expectSame(problem, { backend: "tiered", slack: 400 });
		expect(worst).toBeLessThan(1.5e-3); // of the largest value of each result
		expect(worst).toBeGreaterThan(1e-5); // it is f16
	});

	it("every kernel is valid with f16 and subgroups, on a device that only checks", async () => {
		const adapter = await gpu.requestAdapter();
		const features = ["shader-f16", "subgroups"] as GPUFeatureName[];
		const device = await (adapter as GPUAdapter).requestDevice({ requiredFeatures: features });
		overrideTiles(undefined); // the tiles that a card gets: nothing is compiled to machine code here
		const options = {
			keyLengths: true,
			mask: true,
			softcap: true,
			sinks: true,
			dropout: true,
			bounded: true,
		};
		const spec = { headDim: 64, valueDim: 64, bias: true, ...options };
		const sizes = { batch: 1, heads: 2, keyHeads: 1, queries: 9, keys: 9, bias: [1, 2, 9, 1] };
		const tier = { subgroupSize: 32, half: "native" } as const;
		const { whole } = forwardPlan(spec, sizes, tier);
		const steps = [whole, ...Object.values(backwardPlan(spec, sizes, tier))];
		for (const step of steps) if (step !== undefined) await compileAhead(device, step.program);
		expect(steps.filter((step) => step?.program.source().includes("enable f16"))).toHaveLength(5);
		device.destroy();
	});

	it("belongs to the device of the current backend", async () => {
		await createDevice({ backendName: "tiered", features: "none" });
		expect(describeBackend()).toMatchObject({ subgroups: false, precision: "f32" });
		expect((tf.backend() as WebGPUBackend).device.features.has("subgroups" as GPUFeatureName)).toBe(false);
		await expect(createDevice({ precision: "f64" } as never)).rejects.toThrow("precision");
	});
});
