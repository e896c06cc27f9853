import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/** Milliseconds of the device, or by the clock on the wall where it has no timestamps. */
export class DeviceClock {
	/** Whether the device itself tells the time. */
	readonly exact: boolean;
	readonly #backend: WebGPUBackend;

	constructor(backend: WebGPUBackend) {
		this.#backend = backend;
		this.exact = backend.device.features.has("timestamp-query");
	}

	/** Everything that was recorded is done when this resolves. */
	async settle(): Promise<void> {
		this.#flush();
		await this.#backend.queue.onSubmittedWorkDone();
	}

	/** The time of one run out of so many, one after another; a run may need time to hand over its work. */
	async time(work: () => unknown, repeats: number): Promise<number> {
		await this.settle();
		const elapsed = this.exact ? await this.#stamped(work, repeats) : await this.#watched(work, repeats);
		return elapsed / repeats;
	}

	async #watched(work: () => unknown, repeats: number): Promise<number> {
		const begun = performance.now();
		for (let i = 0; i < repeats; i++) await work();
		await this.settle();
		return performance.now() - begun;
	}

	/** Two stamps around all that the work submits, whoever submits it. */
	async #stamped(work: () => unknown, repeats: number): Promise<number> {
		const { device, queue } = this.#backend;
		const querySet = device.createQuerySet({ type: "timestamp", count: 2 });
		const resolved = device.createBuffer({
			size: 16,
			usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
		});
		const read = device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
		const stamp = (timestampWrites: GPUComputePassTimestampWrites, last: boolean): void => {
			const encoder = device.createCommandEncoder();
			encoder.beginComputePass({ timestampWrites }).end();
			if (last) {
				encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
				encoder.copyBufferToBuffer(resolved, 0, read, 0, 16);
			}
			queue.submit([encoder.finish()]);
		};
		stamp({ querySet, endOfPassWriteIndex: 0 }, false);
		for (let i = 0; i < repeats; i++) await work();
		this.#flush();
		stamp({ querySet, beginningOfPassWriteIndex: 1 }, true);
		await read.mapAsync(GPUMapMode.READ);
		const [from = 0n, to = 0n] = new BigUint64Array(read.getMappedRange());
		const elapsed = Number(to - from) / 1e6;
		for (const used of [querySet, resolved, read]) used.destroy();
		return elapsed;
	}

	#flush(): void {
		this.#backend.ensureCommandEncoderReady();
		this.#backend.endComputePassEncoder();
		this.#backend.submitQueue();
	}
}
