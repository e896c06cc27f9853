// tfjs-layers brings the gradients of the host's ops, and not its chained methods: what library code may rely on.
import "@tensorflow/tfjs-layers";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe } from "vitest";

/** The backends that every suite runs on: cpu and wasm, or those that `HEED_BACKENDS` names (`wasm`, for instance). */
export const everyBackend: readonly string[] = (process.env.HEED_BACKENDS ?? "cpu,wasm").split(",");

/**
 * Runs a suite on one backend and puts nothing back: the next suite chooses its own.
 * `IS_TEST` makes the host check after every kernel that it left no data behind, and silences its banner.
 */
export function useBackend(backend: string): void {
	beforeAll(async () => {
		tf.env().set("IS_TEST", true);
		if (!(await tf.setBackend(backend))) throw new Error(`The backend '${backend}' did not start.`);
		await tf.ready();
	});
	afterAll(() => tf.disposeVariables());
}

/** Declares the same suite once for each of {@link everyBackend}. */
export function describeOnEveryBackend(name: string, suite: (backend: string) => void): void {
	describe.each(everyBackend)(`${name} [%s]`, (backend) => {
		useBackend(backend);
		suite(backend);
	});
}
