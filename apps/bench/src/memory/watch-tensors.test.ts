import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { cpuContender, stockContender } from "../contenders/tfjs-contenders.ts";
import type { Workload } from "../workloads/workload.ts";
import { watchTensors } from "./watch-tensors.ts";

const patience = { cpu: 1e6, other: 1e6 };
const any = { fillIns: false } as Workload;

/** Holds 3 kB at most, 1 kB of which it returns. */
function work(x: tf.Tensor): tf.Tensor {
	return tf.tidy(() => {
		const wide = tf.concat([x, x]); // 2 kB
		return tf.slice(wide, 0, 256); // 1 kB more
	});
}

describe("watchTensors", () => {
	it.each([
		["wasm", stockContender],
		["cpu", cpuContender],
	])("counts what is held beside operands and results [%s]", async (backend, open) => {
		await (await open(patience)).enter(any);
		expect(tf.getBackend()).toBe(backend);
		const watch = watchTensors();
		const x = tf.ones([256]);
		const { runKernel } = tf.engine();
		const { result, use } = await watch.during(() => work(x));
		expect(tf.engine().runKernel).toBe(runKernel);
		watch.end();
		tf.dispose([x, result]);
		expect(use.tensorBytes).toBe(2048);
		if (backend === "wasm") expect(use.heapBytes).toBeGreaterThanOrEqual(2048);
		else expect(use).not.toHaveProperty("heapBytes");
	});

	it("does not count an operand that is replaced", async () => {
		await (await stockContender(patience)).enter(any);
		const watch = watchTensors();
		let x = tf.ones([1024]);
		const { use } = await watch.during(() => {
			const next = tf.neg(x);
			x.dispose();
			x = next;
			return [];
		});
		watch.end();
		x.dispose();
		expect(use).toEqual({ tensorBytes: 4096, heapBytes: 4096 });
	});
});
