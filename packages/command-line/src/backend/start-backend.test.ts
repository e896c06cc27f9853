import * as tf from "@tensorflow/tfjs-core";
import { afterEach, expect, it, vi } from "vitest";
import { startBackend } from "./index.ts";

afterEach(() => {
	vi.restoreAllMocks();
});

it.each(["cpu", "wasm"] as const)("starts %s, and nothing is advertised", async (name) => {
	const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
	await startBackend(name);
	expect(tf.getBackend()).toBe(name);
	expect(tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 1).dataSync())).toEqual(Float32Array.of(2, 3));
	expect(warn).not.toHaveBeenCalled();
});
