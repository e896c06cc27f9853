import * as tf from "@tensorflow/tfjs-core";

/** Bytes before and after every block. */
const margin = 64;
/** A NaN as a float32, so that a result that reads it shows it, and an unlikely number otherwise. */
const pattern = 0x7fc0_5aa5;

interface Allocator {
	_malloc(bytes: number): number;
	_free(pointer: number): void;
	readonly HEAPU8: Uint8Array;
}

/**
 * Runs `work` with every block of the wasm backend, tensors and scratch alike, between margins of a pattern, and throws when
 * a margin was written to. Blocks are filled with the pattern too: what a kernel forgets to write shows as NaN.
 */
export function withGuardedMemory<T>(work: () => T): T {
	const { wasm } = tf.backend() as unknown as { readonly wasm: Allocator };
	wasm._free(wasm._malloc(1)); // these two replace themselves at their first call
	const { _malloc: malloc, _free: free } = wasm;
	const blocks = new Map<number, number>();
	let seen = 0;
	const fill = (from: number, bytes: number): void => {
		const words = new Uint8Array(wasm.HEAPU8.buffer, from, bytes);
		for (let i = 0; i < bytes; i++) words[i] = pattern >>> (8 * (i & 3));
	};
	const check = (pointer: number, bytes: number): void => {
		const view = new Uint8Array(wasm.HEAPU8.buffer, pointer - margin, bytes + 2 * margin);
		for (let i = 0; i < view.length; i++) {
			if (i >= margin && i < margin + bytes) continue;
			const phase = i < margin ? i : i - margin - bytes;
			if (view[i] === ((pattern >>> (8 * (phase & 3))) & 255)) continue;
			const place = i < margin ? `${margin - i} bytes before` : `${i - margin - bytes + 1} bytes behind`;
			throw new Error(`Something wrote ${place} a block of ${bytes} bytes.`);
		}
	};
	wasm._malloc = (bytes) => {
		const pointer = (malloc(bytes + 2 * margin) >>> 0) + margin;
		fill(pointer - margin, margin);
		fill(pointer, bytes);
		fill(pointer + bytes, margin);
		blocks.set(pointer, bytes);
		seen++;
		return pointer;
	};
	wasm._free = (pointer) => {
		const bytes = blocks.get(pointer);
		if (bytes === undefined) {
			free(pointer);
			return;
		}
		blocks.delete(pointer);
		check(pointer, bytes);
		free(pointer - margin);
	};
	try {
		const result = work();
		for (const [pointer, bytes] of blocks) check(pointer, bytes);
		if (seen === 0) throw new Error("Nothing was allocated: there is nothing to guard.");
		if (blocks.size > 0) throw new Error(`${blocks.size} blocks were left behind.`);
		return result;
	} finally {
		wasm._malloc = malloc;
		wasm._free = free;
	}
}
