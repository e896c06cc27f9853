import { randomSource } from "@heed/testing";
import { describe, expect, it } from "vitest";
import { activeKernels, kernelBuild, useFastKernels } from "./index.ts";
import { chooseBuild, startKernels } from "./kernel-module.ts";

const expectedBuild = process.env.HEED_EXPECTED_BUILD ?? chooseBuild(false);

/** The product of two seeded matrices, by kernels in this memory. */
function product(memory: WebAssembly.Memory, deterministic = false): Float32Array {
	const kernels = startKernels(memory, chooseBuild(deterministic));
	const random = randomSource(1);
	const floats = new Float32Array(memory.buffer);
	for (let i = 0; i < 2000; i++) floats[256 + i] = random.normal();
	const [a, b, c, scratch] = [1024, 1024 + 4 * 1000, 16_384, 32_768];
	kernels.multiplyItems(a, 0, false, b, 0, true, c, 1, 23, 37, 19, scratch);
	return floats.slice(c / 4, c / 4 + 23 * 19);
}

describe("the compiled kernels", () => {
	it("come with relaxed SIMD where the engine has it, and say which build runs", () => {
		expect(kernelBuild()).toBe(expectedBuild);
		useFastKernels({ deterministic: true });
		expect(kernelBuild()).toBe("plain");
		useFastKernels();
		expect(kernelBuild()).toBe(expectedBuild);
	});

	it("give the same numbers in both builds, but for rounding", () => {
		const [relaxed, plain] = [false, true].map((deterministic) =>
			product(new WebAssembly.Memory({ initial: 2 }), deterministic),
		) as [Float32Array, Float32Array];
		plain.forEach((value, i) => {
			expect(Math.abs((relaxed[i] ?? 0) - value)).toBeLessThan(1e-5);
		});
		if (expectedBuild === "plain") expect(relaxed).toEqual(plain);
	});

	it("work in a shared memory, as the host's threaded build has it", () => {
		const shared = new WebAssembly.Memory({ initial: 2, maximum: 65_536, shared: true });
		expect(product(shared)).toEqual(product(new WebAssembly.Memory({ initial: 2 })));
	});

	it("are chosen by options that are checked", () => {
		expect(() => useFastKernels({ only: "everything" as "missing" })).toThrow(/`only` is .*everything/);
		expect(() => useFastKernels({ deterministic: 1 as unknown as boolean })).toThrow("`deterministic` is 1");
		expect(() => useFastKernels({ fast: true } as object)).toThrow("fast");
		const some = useFastKernels({ only: "missing" });
		expect(some).toContain("UnsortedSegmentSum");
		expect(some).not.toContain("BatchMatMul");
		expect(some).not.toContain("ScaledDotProductAttention");
		expect(useFastKernels()).toEqual(activeKernels());
		expect(activeKernels()).toEqual(expect.arrayContaining(["BatchMatMul", "ScaledDotProductAttentionGrad"]));
	});
});
