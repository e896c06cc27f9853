import { HeedError } from "@heed/core";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { DataId } from "@tensorflow/tfjs-core";
import { DeviceLostError } from "./device-lost-error.ts";

const scopes = ["internal", "out-of-memory", "validation"] as const satisfies readonly GPUErrorFilter[];

/** What a run was doing, for the error that it may cause. */
export interface GuardedRun {
	/** The public function that runs. */
	readonly where: string;
	/** Says it in the program's terms where it can: which kernels ran, or which line does not compile. */
	explain(message: string): Promise<string>;
}

const guards = new WeakMap<WebGPUBackend, DeviceGuard>();

/** The guard of a backend, made at the first call. */
export function guardOf(backend: WebGPUBackend): DeviceGuard {
	let guard = guards.get(backend);
	if (guard === undefined) {
		guard = new DeviceGuard(backend);
		guards.set(backend, guard);
	}
	return guard;
}

/** Why nothing can be computed on a backend any more: its device is lost, as far as its guard has heard. */
export function lossOf(backend: WebGPUBackend): DeviceLostError | undefined {
	return guards.get(backend)?.loss;
}

/** What of the host's pool of buffers is looked into. */
interface Pool {
	readonly freeBuffers: ReadonlyMap<string, GPUBuffer[]>;
	readonly usedBuffers: ReadonlyMap<string, readonly GPUBuffer[]>;
	numFreeBuffers: number;
	numBytesAllocated: number;
	releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
}

/**
 * Makes errors of a device heard. WebGPU reports them some time after the call that caused them, and the host does not listen:
 * it would go on with what a buffer happened to hold.
 *
 * - The results of a run that failed cannot be read: `data()` rejects, each time.
 * - Whatever else the device reports, of the host's kernels too, rejects the reads that are pending, or else the next one.
 * - No buffer that was there when something failed is used again: one that there was no memory for would spoil each call that
 *   gets it from the host's pool.
 * - When the device is lost, pending and later reads reject with {@link DeviceLostError}, and runs throw it.
 */
export class DeviceGuard {
	readonly #device: GPUDevice;
	readonly #pool: Pool;
	/** Buffers that are destroyed in place of going back to the pool. */
	readonly #suspects = new WeakSet<GPUBuffer>();
	readonly #lost: Promise<never>;
	#loss: GPUDeviceLostInfo | undefined;
	/** What the runs that are under way will have come to. */
	readonly #open = new Set<Promise<unknown>>();
	readonly #verdicts = new WeakMap<DataId, Promise<HeedError | undefined>>();
	/** What is known of them already, for who cannot wait. */
	readonly #failed = new WeakMap<DataId, HeedError>();
	/** The first that no read has told yet: what follows is often its consequence. */
	#failure: HeedError | undefined;
	/** How many failures there were, and how many of them a read has told. */
	#failures = 0;
	#told = 0;

	constructor(backend: WebGPUBackend) {
		this.#device = backend.device;
		const pool = backend.bufferManager as unknown as Pool;
		this.#pool = pool;
		const release = pool.releaseBuffer.bind(pool);
		pool.releaseBuffer = (buffer, reuse = true) => release(buffer, reuse && !this.#suspects.has(buffer));
		this.#lost = backend.device.lost.then((info) => {
			this.#loss = info;
			throw new DeviceLostError("webgpu", info);
		});
		this.#lost.catch(() => undefined); // it is told by reads and runs
		backend.device.addEventListener("uncapturederror", (event) => {
			event.preventDefault(); // said below
			this.#fail(errorOf("webgpu", event.error, event.error.message));
		});
		const read = backend.read.bind(backend);
		backend.read = (dataId) => this.#read(dataId, read);
		const readSync = backend.readSync.bind(backend);
		backend.readSync = (dataId) => {
			this.check("dataSync");
			const untold = this.#untold();
			const failure = this.#failed.get(dataId) ?? untold;
			if (failure !== undefined) throw failure;
			const { values, dtype } = backend.tensorMap.get(dataId) ?? {};
			if (values == null && dtype !== "complex64" && typeof OffscreenCanvas === "undefined") {
				const advice =
					"Use `await tensor.data()`; an operation on another backend that takes it needs that first, too.";
				throw new HeedError(
					"UNSUPPORTED",
					"dataSync",
					`a tensor on WebGPU cannot be read at once here. ${advice}`,
				);
			}
			return readSync(dataId);
		};
	}

	/** The loss of the device, once it is known. */
	get loss(): DeviceLostError | undefined {
		return this.#loss && new DeviceLostError("webgpu", this.#loss);
	}

	/** Throws if the device is lost. */
	check(where: string): void {
		if (this.#loss !== undefined) throw new DeviceLostError(where, this.#loss);
	}

	/** Begins to listen to the errors of a run; what it returns ends that, with the run's results. */
	listen(run: GuardedRun): (results: readonly DataId[]) => void {
		this.check(run.where);
		const pop = this.#pushScopes();
		return (results) => {
			const verdict = this.#judge(run, pop());
			this.#open.add(verdict);
			void verdict.then((failure) => {
				this.#open.delete(verdict);
				if (failure === undefined) return;
				for (const dataId of results) this.#failed.set(dataId, failure);
			});
			for (const dataId of results) this.#verdicts.set(dataId, verdict);
		};
	}

	/** Begins to catch errors of what is submitted; what it returns ends that. */
	#pushScopes(): () => Promise<GPUError | null>[] {
		for (const scope of scopes) this.#device.pushErrorScope(scope);
		return () => scopes.map(() => this.#device.popErrorScope());
	}

	/** What a run came to. What follows from another failure is that failure. */
	async #judge(
		run: GuardedRun,
		popped: Promise<GPUError | null>[],
		cause?: Promise<HeedError | undefined>,
	): Promise<HeedError | undefined> {
		let errors: (GPUError | null)[];
		try {
			errors = await Promise.all(popped);
		} catch {
			return undefined; // the device is lost, which is told elsewhere
		}
		const found = errors.filter((error) => error !== null);
		// What there was no memory for is also invalid in all that follows.
		const error = found.find(isOutOfMemory) ?? found[0];
		if (error === undefined) return undefined;
		const known = await cause;
		if (known !== undefined) return known;
		const failure = errorOf(run.where, error, await run.explain(error.message).catch(() => error.message));
		this.#fail(failure);
		return failure;
	}

	#fail(failure: HeedError): void {
		if (this.#told === this.#failures) this.#failure = failure;
		this.#failures++;
		this.#trustNoBuffer();
		console.error(failure.message);
	}

	/** A failure that no read has told yet; it counts as told. */
	#untold(): HeedError | undefined {
		if (this.#told === this.#failures) return undefined;
		this.#told = this.#failures;
		return this.#failure;
	}

	#trustNoBuffer(): void {
		const pool = this.#pool;
		for (const buffers of pool.freeBuffers.values()) {
			for (const buffer of buffers.splice(0)) {
				buffer.destroy();
				pool.numFreeBuffers--;
				pool.numBytesAllocated -= buffer.size;
			}
		}
		for (const buffers of pool.usedBuffers.values()) for (const buffer of buffers) this.#suspects.add(buffer);
	}

	async #read(dataId: DataId, read: WebGPUBackend["read"]): ReturnType<WebGPUBackend["read"]> {
		this.check("webgpu");
		const told = this.#told;
		const verdict = this.#verdicts.get(dataId);
		const open = [...this.#open];
		const pop = this.#pushScopes();
		const outcome = read(dataId).then(
			(values) => ({ values }),
			(error: unknown) => ({ error }),
		);
		// What the host had not submitted yet is submitted by the read.
		const own = this.#judge({ where: "webgpu", explain: async (message) => message }, pop(), verdict);
		const found = await Promise.race([outcome, this.#lost]);
		await Promise.race([Promise.all(open), this.#lost]);
		const failure = (await verdict) ?? (await own) ?? (this.#failures > told ? this.#failure : undefined);
		if (failure !== undefined) {
			this.#told = this.#failures;
			throw failure;
		}
		if ("values" in found) return found.values;
		// The host's error of a lost device may come a moment before the loss itself.
		await Promise.race([this.#lost, new Promise((resolve) => setTimeout(resolve, 100))]);
		throw found.error;
	}
}

function isOutOfMemory(error: GPUError): boolean {
	return typeof GPUOutOfMemoryError !== "undefined" && error instanceof GPUOutOfMemoryError;
}

function errorOf(where: string, error: GPUError, message: string): HeedError {
	if (isOutOfMemory(error)) {
		const advice = "Dispose of tensors, or use a smaller batch.";
		return new HeedError("DEVICE", where, `the device has no memory left: ${message} ${advice}`);
	}
	return new HeedError("DEVICE", where, `the device refused what it was given: ${message}`);
}
