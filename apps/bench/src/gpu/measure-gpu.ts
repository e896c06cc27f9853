import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { spreadOf } from "../measure/statistics.ts";
import { DeviceClock } from "./device-clock.ts";
import type { GpuContender, GpuSize, GpuTask } from "./gpu-contender.ts";
import { GpuLane } from "./gpu-lane.ts";
import { gpuBytes, gpuOperands, gpuOperations, tensorContenders } from "./gpu-workloads.ts";
import { type Peak, probePeak } from "./peak-probe.ts";

/** A contender on a task: how long, or why not. */
export interface GpuRow {
	readonly task: GpuTask;
	readonly size: GpuSize;
	readonly contender: string;
	readonly milliseconds?: number;
	/** 10¹² operations per second; not for decoding. */
	readonly teraflops?: number;
	/** For decoding: 10⁹ bytes of keys and values per second, each read once. */
	readonly gigabytes?: number;
	/** Of the adapter's peak: of multiply-adds, or for decoding of a copy. */
	readonly share?: number;
	readonly failed?: string;
}

/** Everything that was measured. */
export interface GpuMeasurement {
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
	attention: [[1, 2, 2, 256, 256, 64]],
	decode: [
		[1, 2, 2, 1, 1024, 64],
		[1, 2, 1, 1, 1024, 64],
	],
	peak: { groups: 4, bytes: 2 ** 20 },
};

/** How far contenders may lie apart, of the largest value, by the precision of products. Half floats alone make up to 1e-3. */
const tolerances = { f32: 1e-3, f16: 4e-3 };

/** What {@link measureGpu} measures. */
export interface GpuRun {
	readonly sizes: GpuSizes;
	/** Default: those of TensorFlow.js. */
	readonly contenders?: readonly GpuContender[];
	/** That of products on this device. Default `f32`. */
	readonly precision?: "f32" | "f16";
	/** Is told how far it is. */
	readonly tell: (line: string) => void;
}

/** Measures all contenders on all sizes, in turns; who computes something else than the first is not timed. */
export async function measureGpu({
	sizes: { attention, decode, peak: probe },
	contenders = tensorContenders,
	precision = "f32",
	tell,
}: GpuRun): Promise<GpuMeasurement> {
	tf.env().set("WEBGPU_CPU_FORWARD", false); // else the host computes small tensors without the device
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
			const lanes = contenders.map((contender) => new GpuLane(contender, tolerances[precision]));
			let expected: Float32Array | undefined;
			for (const lane of lanes) {
				const values = await lane.open(task, size, operands, expected);
				expected ??= values;
			}
			// In turns, so that whatever else the machine does meets all alike.
			for (let round = 0; round < 5; round++) for (const lane of lanes) await lane.time(clock);
			for (const lane of lanes) {
				await lane.close();
				if (!lane.takesPart) continue;
				const { failed, times } = lane;
				const outcome = failed === undefined ? { milliseconds: spreadOf(times).median } : { failed };
				const row = withRates({ task, size, contender: lane.contender.name, ...outcome }, peak);
				rows.push(row);
				tell(`${task} ${size.join(" ")} ${row.contender}: ${failed ?? `${row.milliseconds?.toFixed(3)} ms`}`);
			}
			tf.dispose(operands);
		}
	}
	return { exact: clock.exact, peak, rows };
}

/** A row with what its time means: of operations, or for decoding, which waits for memory, of bytes. */
export function withRates(row: GpuRow, peak: Peak): GpuRow {
	if (row.milliseconds === undefined) return row;
	if (row.task === "decode") {
		const gigabytes = gpuBytes(row.size) / row.milliseconds / 1e6;
		return { ...row, gigabytes, share: gigabytes / peak.gigabytes };
	}
	const teraflops = gpuOperations(row.task, row.size) / row.milliseconds / 1e9;
	return { ...row, teraflops, share: teraflops / peak.teraflops };
}
