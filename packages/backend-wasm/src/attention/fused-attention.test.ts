import { type KernelPathEvent, onKernelPath, scaledDotProductAttention } from "@heed/core";
import { expectClose, expectNoLeak, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { restoreStockKernels, useFastKernels } from "../index.ts";

interface Host {
	readonly wasm: { _malloc(bytes: number): number; readonly HEAPU8: Uint8Array };
}

const host = (): Host["wasm"] => (tf.backend() as unknown as Host).wasm;

const inputs = (length: number, dim: number): [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] => {
	const make = (seed: number): tf.Tensor4D => randomTensor<tf.Rank.R4>([1, 2, length, dim], seed);
	return [make(1), make(2), make(3)];
};

const pathsDuring = (work: () => void): KernelPathEvent[] => {
	const events: KernelPathEvent[] = [];
	const stop = onKernelPath((event) => events.push(event));
	tf.tidy(work);
	stop();
	return events;
};

describe("fused attention on wasm", () => {
	useBackend("wasm");
	afterEach(() => void useFastKernels());

	it("is what `auto` takes, forward and backward, and what `fused` insists on", () => {
		const events = pathsDuring(() => {
			const [q, k, v] = inputs(7, 4);
			const attend = (x: tf.Tensor): tf.Tensor =>
				scaledDotProductAttention(x as tf.Tensor4D, k, v, { implementation: "fused" });
			tf.grad(attend)(q);
			scaledDotProductAttention(q, k, v, { dropout: { rate: 0.5, seed: 1 }, softcap: 3, causal: true });
		});
		expect(events.map(({ path }) => path)).toEqual(["fused", "fused", "fused"]);
	});

	it("is gone with the other kernels, and `fused` then says so", () => {
		restoreStockKernels();
		const fused = (): unknown => scaledDotProductAttention(...inputs(3, 2), { implementation: "fused" });
		tf.tidy(() => {
			expect(fused).toThrow("no fused attention is registered for the backend 'wasm'");
		});
		const events = pathsDuring(() => scaledDotProductAttention(...inputs(3, 2)));
		expect(events.map(({ path }) => path)).toEqual(["blocked"]);
	});

	it("gives the same numbers on every call, with dropout too", () => {
		tf.tidy(() => {
			const attend = (): number[] => [
				...scaledDotProductAttention(...inputs(90, 12), { dropout: { rate: 0.3, seed: 0 } }).dataSync(),
			];
			expect(attend()).toEqual(attend());
		});
	});

	it("survives that the memory grows in the middle of a call, forward and backward", () => {
		tf.tidy(() => {
			const before = host().HEAPU8.buffer;
			// The output alone is larger than the whole memory now: every view of it must be made anew.
			const rows = Math.ceil(before.byteLength / (4 * 64)) + 1;
			const query = tf.ones<tf.Rank.R4>([1, 1, rows, 1]);
			const key = tf.ones<tf.Rank.R4>([1, 1, 1, 1]);
			const value = randomTensor<tf.Rank.R4>([1, 1, 1, 64], 1);
			const grown = (): boolean => host().HEAPU8.buffer !== before && before.byteLength === 0;
			expect(grown()).toBe(false);
			const attend = (x: tf.Tensor): tf.Tensor => scaledDotProductAttention(query, key, x as tf.Tensor4D);
			const gradient = tf.grad((x) => tf.sum(attend(x)))(value);
			expect(grown()).toBe(true);
			expectClose(gradient, new Float32Array(64).fill(rows), { rtol: 1e-5 });
			const output = tf.slice(attend(value), [0, 0, rows - 1, 0], [1, 1, 1, 64]);
			expectClose(output, value.dataSync());
		});
	}, 60_000);

	it("frees what it has when there is no memory for the rest, and says so", () => {
		const [q, k, v] = inputs(200, 16);
		const malloc = host()._malloc;
		expectNoLeak(() => scaledDotProductAttention(q, k, v));
		let calls = 0;
		const failing = vi
			.spyOn(host(), "_malloc")
			.mockImplementation((bytes) => (++calls < 4 ? malloc(bytes) : 0));
		// Output, log-sum-exp, the problem; then the scratch.
		expectNoLeak(
			() => {
				calls = 0;
				return scaledDotProductAttention(q, k, v);
			},
			{ throws: true },
		);
		failing.mockRestore();
		const attend = (): tf.Tensor => scaledDotProductAttention(q, k, v);
		expect(attend).not.toThrow();
		tf.dispose([q, k, v]);
	});

	it("takes no more memory than lengths times sizes: 16 MB of scratch are plenty for 16,384 keys", () => {
		tf.tidy(() => {
			const x = tf.zeros<tf.Rank.R4>([1, 1, 16_384, 64]);
			const query = tf.zeros<tf.Rank.R4>([1, 1, 5, 64]);
			let most = 0;
			const malloc = host()._malloc;
			const watched = vi.spyOn(host(), "_malloc").mockImplementation((bytes) => {
				most = Math.max(most, bytes);
				return malloc(bytes);
			});
			scaledDotProductAttention(query, x, x);
			watched.mockRestore();
			expect(most).toBeGreaterThan(4 * 16_384 * 64); // the packed keys
			expect(most).toBeLessThan(16 * 2 ** 20);
		});
	});
});
