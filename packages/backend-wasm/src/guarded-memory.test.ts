import { useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { withGuardedMemory } from "../test/guarded-memory.ts";
import { hostMemory } from "./host-memory.ts";

describe("the guard that the other tests trust", () => {
	useBackend("wasm");
	const memory = () => {
		const found = hostMemory(tf.backend());
		if (found === undefined) throw new Error("The wasm backend is not built as expected.");
		return found;
	};
	/** Allocates five numbers and writes one at this index. */
	const writeAt = (index: number) => (): void => {
		const tensor = memory().allocate([5], "float32");
		new Float32Array(memory().wasm.buffer, memory().pointer(tensor) - 64)[16 + index] = 1;
		memory().free(tensor);
	};

	it("lets be what stays inside", () => {
		expect(() => withGuardedMemory(writeAt(0))).not.toThrow();
		expect(() => withGuardedMemory(writeAt(4))).not.toThrow();
	});

	it("sees what is written before or behind a block, of tensors and of scratch", () => {
		expect(() => withGuardedMemory(writeAt(-1))).toThrow("4 bytes before a block of 20 bytes");
		expect(() => withGuardedMemory(writeAt(5))).toThrow("behind a block of 20 bytes");
		const scratch = (): void =>
			memory().withScratch(64, (at) => {
				new Uint8Array(memory().wasm.buffer)[at + 64 + 64] = 1;
			});
		expect(() => withGuardedMemory(scratch)).toThrow("behind a block");
	});

	it("sees what is never written, what is left behind, and that nothing happened", () => {
		withGuardedMemory(() => {
			const tensor = memory().allocate([2], "float32");
			expect([...memory().floats(tensor)]).toEqual([Number.NaN, Number.NaN]);
			memory().free(tensor);
		});
		const left: { tensor?: tf.TensorInfo } = {};
		const leave = (): void => {
			left.tensor = memory().allocate([2], "float32");
		};
		expect(() => withGuardedMemory(leave)).toThrow("1 blocks were left behind");
		expect(() => withGuardedMemory(() => undefined)).toThrow("nothing to guard");
	});
});
