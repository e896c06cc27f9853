import type * as tf from "@tensorflow/tfjs-core";
import { firstLine } from "../contenders/ort-module.ts";
import type { DeviceClock } from "./device-clock.ts";
import type { GpuContender, GpuJob, GpuSize, GpuTask } from "./gpu-contender.ts";

/** Why a contender is not timed that computes, and something else than the first. */
export const anotherResult = "another result";

/** A contender with its job, and what has come of it so far. */
export class GpuLane {
	readonly contender: GpuContender;
	/** Milliseconds of a run, one for each round. */
	readonly times: number[] = [];
	failed: string | undefined;
	readonly #tolerance: number;
	#job: GpuJob | undefined;
	#repeats = 0;

	/** @param tolerance How far two contenders may lie apart, of the largest value. */
	constructor(contender: GpuContender, tolerance: number) {
		this.contender = contender;
		this.#tolerance = tolerance;
	}

	/**
	 * Computes once.
	 *
	 * @param expected What another contender computed. What differs from it fails, as does what is not finite.
	 * @returns The first values; nothing where the contender does not compute this, or failed.
	 */
	async open(
		task: GpuTask,
		size: GpuSize,
		operands: readonly tf.Tensor4D[],
		expected: Float32Array | undefined,
	): Promise<Float32Array | undefined> {
		return this.#try(async () => {
			this.#job = await this.contender.open(task, size, operands);
			const values = await this.#job?.firstValues(4096);
			if (values !== undefined && differs(values, expected ?? values, this.#tolerance))
				this.failed = anotherResult;
			return values;
		});
	}

	/** Whether there is something to report. */
	get takesPart(): boolean {
		return this.#job !== undefined || this.failed !== undefined;
	}

	/** One round: as many runs as take a fifth of a second. */
	async time(clock: DeviceClock): Promise<void> {
		const job = this.#job;
		if (job === undefined || this.failed !== undefined) return;
		await this.#try(async () => {
			if (this.#repeats === 0) {
				const first = await clock.time(() => job.run(), 1);
				this.#repeats = Math.max(1, Math.min(50, Math.floor(200 / first)));
			}
			this.times.push(await clock.time(() => job.run(), this.#repeats));
		});
	}

	async close(): Promise<void> {
		await this.#try(async () => this.#job?.dispose());
	}

	async #try<T>(work: () => Promise<T>): Promise<T | undefined> {
		try {
			return await work();
		} catch (error) {
			this.failed = firstLine(error instanceof Error ? error.message : String(error));
			return undefined;
		}
	}
}

function differs(values: Float32Array, expected: Float32Array, tolerance: number): boolean {
	const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-6);
	return values.some((x, i) => !(Math.abs(x - (expected[i] ?? 0)) <= tolerance * largest));
}
