import { restoreStockKernels, useFastKernels } from "@heed/backend-wasm";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-layers"; // brings the gradients of the host's ops
import * as tf from "@tensorflow/tfjs-core";
import { watchTensors } from "../memory/watch-tensors.ts";
import type { Workload } from "../workloads/workload.ts";
import type { Contender } from "./contender.ts";

/** Longest run in milliseconds. */
export interface Patience {
	/** Of the cpu backend. */
	readonly cpu: number;
	/** Of all others. */
	readonly other: number;
}

/** Heed: the wasm backend with all kernels of @heed/backend-wasm. */
export async function heedContender({ other }: Patience): Promise<Contender> {
	await start("wasm");
	return {
		...tfjsContender("wasm", true),
		id: "heed",
		label: () => "heed",
		longestRun: other,
		async enter() {
			await start("wasm");
			useFastKernels();
		},
	};
}

/** The wasm backend as it comes; where it cannot train, with the kernels of @heed/backend-wasm that it lacks. */
export async function stockContender({ other }: Patience): Promise<Contender> {
	await start("wasm");
	return {
		...tfjsContender("wasm", false),
		id: "stock",
		label: ({ fillIns }) => (fillIns ? "stock + fill-ins" : "stock"),
		longestRun: other,
		async enter({ fillIns }) {
			await start("wasm");
			restoreStockKernels();
			if (fillIns) useFastKernels({ only: "missing" });
		},
	};
}

/** The backend in plain JavaScript. */
export async function cpuContender({ cpu }: Patience): Promise<Contender> {
	await start("cpu");
	return {
		...tfjsContender("cpu", false),
		id: "tfjs-cpu",
		label: () => "tfjs-cpu",
		longestRun: cpu,
		pace: measurePace(),
		enter: () => start("cpu"),
	};
}

function tfjsContender(backend: string, heed: boolean) {
	return {
		takesPart: () => true,
		composes: !heed,
		hasKernels: true,
		async build(workload: Workload) {
			if (tf.getBackend() !== backend) throw new Error(`The backend is ${tf.getBackend()}, not ${backend}.`);
			return workload.tensors(heed);
		},
		watchMemory: watchTensors,
	};
}

async function start(backend: string): Promise<void> {
	if (tf.getBackend() === backend) return;
	if (!(await tf.setBackend(backend))) throw new Error(`The backend '${backend}' did not start.`);
	await tf.ready();
	// The first tensor makes the cpu backend advertise tfjs-node, and the wasm backend find its allocator.
	const production = tf.env().getBool("PROD");
	tf.env().set("PROD", true);
	tf.dispose(tf.tensor1d([0]));
	tf.env().set("PROD", production);
}

/** Milliseconds per operation of a small product of matrices: enough to tell seconds from minutes. */
function measurePace(): number {
	const size = 128;
	const a = tf.ones([size, size]);
	const run = (): number => {
		const started = performance.now();
		tf.dispose(tf.matMul(a, a));
		return performance.now() - started;
	};
	const fastest = Math.min(...Array.from({ length: 5 }, run));
	a.dispose();
	return fastest / (2 * size ** 3);
}
