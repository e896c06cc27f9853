import { describe, expect, it } from "vitest";
import { followHeap } from "./heap-peak.ts";

/** An allocator that gives the next free thousand. */
function heap() {
	let next = 0;
	return {
		_malloc: (bytes: number): number => {
			if (bytes > 900) return 0;
			next += 1000;
			return next;
		},
		_free: (_pointer: number): void => {},
	};
}

describe("followHeap", () => {
	it("knows the most that was held at a time", () => {
		const wasm = heap();
		const before = wasm._malloc(500);
		const original = { ...wasm };
		const follower = followHeap(wasm);
		const a = wasm._malloc(100);
		const b = wasm._malloc(200);
		wasm._free(a);
		const c = wasm._malloc(50);
		expect([follower.live(), follower.peak()]).toEqual([250, 300]);
		follower.restart();
		expect(follower.peak()).toBe(250);
		wasm._free(before); // unknown: it was there before
		wasm._free(b);
		wasm._free(c);
		wasm._free(c);
		expect([follower.live(), follower.peak()]).toEqual([0, 250]);
		expect(wasm._malloc(901)).toBe(0); // full
		expect(follower.live()).toBe(0);
		follower.end();
		expect(wasm).toEqual(original);
	});
});
