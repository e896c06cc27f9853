import { describe, expect, it } from "vitest";
import { hostMemory } from "./host-memory.ts";

/** A backend that looks like the host, over a memory of its own, and gives blocks out as told. */
function fakeHost(malloc: (bytes: number) => number): { readonly backend: object; readonly freed: number[] } {
	const memory = new WebAssembly.Memory({ initial: 1 });
	const freed: number[] = [];
	const nothing = (): void => undefined;
	const backend = {
		dataIdMap: { get: () => ({ memoryOffset: 0 }) },
		wasm: {
			HEAPU8: new Uint8Array(memory.buffer),
			asm: { memory },
			_malloc: malloc,
			_free: (pointer: number) => freed.push(pointer),
		},
		makeOutput: (shape: number[], dtype: string) => ({ shape, dtype, dataId: {} }),
		typedArrayFromHeap: nothing,
		disposeData: nothing,
		incRef: nothing,
		refCount: () => 1,
	};
	return { backend, freed };
}

const open = (backend: object) => {
	const memory = hostMemory(backend);
	if (memory === undefined) throw new Error("not opened");
	return memory;
};

describe("the door to the host's memory", () => {
	it("gives scratch above 2 GiB as a positive number, aligned, and frees the block that it got", () => {
		const block = -(2 ** 30); // what malloc returns for 3 GiB
		const { backend, freed } = fakeHost(() => block);
		open(backend).withScratch(100, (pointer) => {
			expect(pointer).toBe(3 * 2 ** 30);
		});
		expect(freed).toEqual([3 * 2 ** 30]);
	});

	it("frees scratch when the work throws, and says when there is none", () => {
		const { backend, freed } = fakeHost(() => 72);
		const fail = (): never =>
			open(backend).withScratch(8, () => {
				throw new Error("in the middle");
			});
		expect(fail).toThrow("in the middle");
		expect(freed).toEqual([72]);
		const full = fakeHost(() => 0);
		expect(() => open(full.backend).withScratch(8, () => 1)).toThrow("no memory left for 8 bytes of scratch");
		expect(() => open(full.backend).allocate([2], "float32")).toThrow(
			"no memory left for a float32 tensor [2]",
		);
	});

	it("stays shut where anything is missing, or the heap is another memory", () => {
		const { backend } = fakeHost(() => 8);
		expect(hostMemory(backend)).toBeDefined();
		for (const name of Object.keys(backend))
			expect(hostMemory({ ...backend, [name]: undefined }), name).toBeUndefined();
		const { wasm } = backend as { wasm: object };
		for (const name of Object.keys(wasm)) {
			expect(hostMemory({ ...backend, wasm: { ...wasm, [name]: undefined } }), name).toBeUndefined();
		}
		const elsewhere = { ...wasm, HEAPU8: new Uint8Array(8) };
		expect(hostMemory({ ...backend, wasm: elsewhere })).toBeUndefined();
	});
});
