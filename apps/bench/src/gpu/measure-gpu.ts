import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { DeviceClock } from "./device-clock.ts";
import {
	type GpuContender,
	type GpuSize,
	type GpuTask,
	gpuBytes,
	gpuOperands,
	gpuOperations,
	gpuWork,
} from "./gpu-workloads.ts";
import { type Peak, probePeak } from "./peak-probe.ts";

/** A contender on a task: how long, or why not. */
export interface GpuRow {
	readonly task: GpuTask;
	readonly size: GpuSize;
	readonly contender: GpuContender;
	readonly milliseconds?: number;
	/** 10¹² operations per second, and which share of the adapter's peak that is. */
	readonly teraflops?: number;
	readonly share?: number;
	/** For decoding: 10⁹ bytes of keys and values per second. */
	readonly gigabytes?: number;
	readonly failed?: string;
}

/** Everything that was measured. */
export interface GpuReport {
	/** Whether times are the device's own. */
	readonly exact: boolean;
	readonly peak: Peak;
	readonly rows: readonly GpuRow[];
}

/** The sizes to measure: those of a card, or small ones for a program that stands for it. */
export interface GpuSizes {
	readonly attention: readonly GpuSize[];
	readonly decode: readonly GpuSize[];
	readonly peak: { readonly groups: number; readonly bytes: number };
}

export const cardSizes: GpuSizes = {
	attention: [
		[4, 16, 16, 2048, 2048, 64],
		[4, 16, 16, 2048, 2048, 128],
		[4, 16, 16, 4096, 4096, 64],
		[4, 16, 16, 4096, 4096, 128],
		[1, 8, 8, 32_768, 32_768, 64],
	],
	decode: [
		[1, 32, 32, 1, 32_768, 128],
		[4, 32, 8, 1, 32_768, 128],
		[8, 32, 8, 1, 32_768, 64],
	],
	peak: { groups: 8192, bytes: 2 ** 30 },
};

export const smallSizes: GpuSizes = {
	attention: [[1, 2, 2, 128, 128, 32]],
	decode: [[1, 2, 1, 1, 512, 32]],
	peak: { groups: 4, bytes: 2 ** 20 },
};

/** How far two contenders may lie apart, of the largest value. */
const tolerance = 1e-3;

/** Measures both contenders on all sizes; who computes something else than the other is not timed. */
export async function measureGpu(
	{ attention, decode, peak: probe }: GpuSizes,
	tell: (line: string) => void,
): Promise<GpuReport> {
	const backend = tf.backend() as WebGPUBackend;
	const clock = new DeviceClock(backend);
	const peak = await probePeak(backend, clock, probe);
	tell(`peak: ${peak.teraflops.toPrecision(3)} TFLOP/s, ${peak.gigabytes.toPrecision(3)} GB/s`);
	const rows: GpuRow[] = [];
	const tasks: [GpuTask, readonly GpuSize[]][] = [
		["forward", attention],
		["causal", attention],
		["forward + backward", attention],
		["decode", decode],
	];
	for (const [task, sizes] of tasks) {
		for (const size of sizes) {
			const operands = gpuOperands(size);
			const reference = await firstValues("heed", task, size, operands);
			for (const contender of ["heed", "composed"] as const) {
				const row = await measure(clock, contender, task, size, operands, reference);
				if (row === undefined) continue;
				const { share, ...rest } = withRates(row, peak);
				rows.push(share === undefined ? rest : { ...rest, share });
				tell(`${task} ${size.join(" ")} ${contender}: ${row.failed ?? `${row.milliseconds?.toFixed(3)} ms`}`);
			}
			tf.dispose(operands);
		}
	}
	return { exact: clock.exact, peak, rows };
}

async function measure(
	clock: DeviceClock,
	contender: GpuContender,
	task: GpuTask,
	size: GpuSize,
	operands: readonly tf.Tensor4D[],
	reference: Float32Array | string,
): Promise<GpuRow | undefined> {
	const work = gpuWork(contender, task, size, operands);
	if (work === undefined) return undefined;
	const row = { task, size, contender };
	const values = await firstValues(contender, task, size, operands);
	if (typeof values === "string") return { ...row, failed: values };
	if (typeof reference !== "string" && differs(values, reference))
		return { ...row, failed: "another result" };
	const run = (): void => tf.dispose(work());
	const first = await clock.time(run, 1);
	const repeats = Math.max(1, Math.min(50, Math.floor(200 / first)));
	const times: number[] = [];
	for (let i = 0; i < 5; i++) times.push(await clock.time(run, repeats));
	return { ...row, milliseconds: times.sort((a, b) => a - b)[2] ?? first };
}

/** The first values of the last result, or why there are none. */
async function firstValues(
	contender: GpuContender,
	task: GpuTask,
	size: GpuSize,
	operands: readonly tf.Tensor4D[],
): Promise<Float32Array | string> {
	const results: tf.Tensor[] = [];
	try {
		results.push(...(gpuWork(contender, task, size, operands)?.() ?? []));
		const last = results.at(-1);
		if (last === undefined) return new Float32Array();
		const part = tf.tidy(() => tf.slice(tf.reshape(last, [-1]), 0, Math.min(4096, last.size)));
		results.push(part);
		return (await part.data()) as Float32Array;
	} catch (error) {
		return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
	} finally {
		tf.dispose(results);
	}
}

function differs(values: Float32Array, reference: Float32Array): boolean {
	const largest = reference.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-6);
	return values.some((x, i) => !(Math.abs(x - (reference[i] ?? 0)) <= tolerance * largest));
}

function withRates(row: GpuRow, peak: Peak): GpuRow {
	if (row.milliseconds === undefined) return row;
	if (row.task === "decode") return { ...row, gigabytes: gpuBytes(row.size) / row.milliseconds / 1e6 };
	const teraflops = gpuOperations(row.task, row.size) / row.milliseconds / 1e9;
	return { ...row, teraflops, share: teraflops / peak.teraflops };
}
