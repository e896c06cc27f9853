import type { AttentionProblem } from "@heed/testing";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { create } from "webgpu";
import { expectSame, plain } from "../../test/attention-agreement.ts";
import { type DeviceTier, tierOf } from "../device/device-tier.ts";
import { compileAhead } from "../device/gpu-programs.ts";
import { createDevice, describeBackend, overrideTiles } from "../index.ts";
import { backwardPlan, forwardPlan, type Step } from "./attention-plan.ts";
import type { Tile } from "./tile.ts";
import { tilesFor } from "./tile-table.ts";

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
	afterEach(() => {
		overrideTiles();
		if (tf.engine().registryFactory.tiered !== undefined) tf.removeBackend("tiered");
	});

	it("a program gets small kernels by itself, a card the table's", async (context) => {
		const rowsOf = ({ threadsY, rows }: Tile): number => threadsY * rows;
		const table = tilesFor(64, 64, { subgroupSize: 0 });
		const small = tilesFor(64, 64, { subgroupSize: 0, software: true });
		for (const pass of ["forward", "keyGrad", "queryGrad", "biasGrad"] as const) {
			expect(rowsOf(small[pass])).toBeLessThan(rowsOf(table[pass]));
		}
		if (!(await software())) return context.skip("the adapter is a card");
		const { device } = tf.backend() as WebGPUBackend;
		expect(tilesFor(64, 64, tierOf(device))).toEqual(small);
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

	/** Makes the kernels of a problem with every option on a device that only checks, with the tiles that a card gets. */
	const compileAll = async (
		features: readonly string[],
		[headDim, valueDim]: readonly [number, number],
		tier: DeviceTier,
	): Promise<string[]> => {
		const adapter = await gpu.requestAdapter();
		const device = await (adapter as GPUAdapter).requestDevice({
			requiredFeatures: features as GPUFeatureName[], // the limits are the default ones
		});
		overrideTiles(undefined);
		const options = {
			keyLengths: true,
			mask: true,
			softcap: true,
			sinks: true,
			dropout: true,
			bounded: true,
		};
		const spec = { headDim, valueDim, bias: true, ...options };
		const sizes = { batch: 1, heads: 2, keyHeads: 1, queries: 9, keys: 9, bias: [1, 2, 9, 1] };
		const few = forwardPlan(spec, { ...sizes, queries: 1, keys: 900 }, tier);
		const steps: (Step | undefined)[] = [
			forwardPlan(spec, sizes, tier).whole,
			...(few.whole === undefined ? [few.part, few.merge] : []),
			...Object.values(backwardPlan(spec, sizes, tier)),
		];
		const programs = steps.flatMap((step) => (step === undefined ? [] : [step.program]));
		for (const program of programs) await compileAhead(device, program);
		device.destroy();
		return programs.map((program) => program.source());
	};

	it("every kernel is valid with f16 and subgroups, on a device that only checks", async () => {
		const tier = { subgroupSize: 32, half: "native" } as const;
		const sources = await compileAll(["shader-f16", "subgroups"], [64, 64], tier);
		expect(sources.filter((source) => source.includes("enable f16"))).toHaveLength(5);
	});

	it.each([
		[1, 3],
		[64, 64],
		[128, 128],
		[256, 256],
	])(
		"every kernel fits the limits that all devices have: vectors of %s and %s",
		async (headDim, valueDim) => {
			const sources = await compileAll([], [headDim, valueDim], { subgroupSize: 0 });
			expect(sources).toHaveLength(9);
			expect(sources.filter((source) => /\bf16\b|subgroup|atomic/.test(source))).toEqual([]);
		},
	);

	it("belongs to the device of the current backend", async () => {
		await createDevice({ backendName: "tiered", features: "none" });
		expect(describeBackend()).toMatchObject({ subgroups: false, precision: "f32" });
		expect((tf.backend() as WebGPUBackend).device.features.has("subgroups" as GPUFeatureName)).toBe(false);
		await expect(createDevice({ precision: "f64" } as never)).rejects.toThrow("precision");
	});
});
