import type { DataType, TensorInfo, TypedArray } from "@tensorflow/tfjs-core";

/**
 * The only door to the memory of tfjs-backend-wasm. The host promises none of these members, so they are tested for
 * before the first use ({@link hostMemory}) and named nowhere else.
 *
 * Two rules of the host that every kernel has to keep:
 * - **allocate first, look afterwards**: an allocation may grow the memory, which detaches every view of it;
 * - **an output is not zeroed**: write every element.
 */
export interface HostMemory {
	/** A new, uninitialised tensor. */
	allocate(shape: readonly number[], dtype: DataType): TensorInfo;
	/** Runs `work`, and gives back what it allocated through its argument if it throws. */
	allocating<T>(work: (allocate: HostMemory["allocate"]) => T): T;
	/** Gives a temporary tensor back. */
	free(tensor: TensorInfo): void;
	/** Another handle on the same numbers, counted by the host. */
	share(tensor: TensorInfo): TensorInfo;
	/** Whether another handle shares the numbers of this tensor. */
	isShared(tensor: TensorInfo): boolean;
	/** The numbers of a tensor. The view dies with the next allocation. */
	view(tensor: TensorInfo): TypedArray;
	/** The numbers of a float32 tensor. The view dies with the next allocation. */
	floats(tensor: TensorInfo): Float32Array;
	/** Where a tensor lies, in bytes: for kernels in {@link HostMemory.wasm}. Survives growth. */
	pointer(tensor: TensorInfo): number;
	/**
	 * Runs `work` with so many bytes that belong to no tensor, aligned to 64, and gives them back afterwards. May grow the
	 * memory, as an allocation does.
	 */
	withScratch<T>(bytes: number, work: (pointer: number) => T): T;
	/** The memory itself, which a second WebAssembly module can import. It stays the same object when it grows. */
	readonly wasm: WebAssembly.Memory;
}

/** What the host must look like. Its own types call some of this private, and some is not in them. */
interface HostBackend {
	readonly dataIdMap: {
		get(dataId: object): { readonly memoryOffset: number } | undefined;
	};
	readonly wasm: {
		readonly HEAPU8: Uint8Array;
		_malloc(bytes: number): number;
		_free(pointer: number): void;
		/** The threaded build imports its memory; */
		readonly wasmMemory?: WebAssembly.Memory;
		/** the others export it. */
		readonly asm?: { readonly memory?: WebAssembly.Memory };
	};
	makeOutput(shape: number[], dtype: DataType): TensorInfo;
	typedArrayFromHeap(tensor: TensorInfo): TypedArray;
	disposeData(dataId: object): boolean;
	incRef(dataId: object): void;
	refCount(dataId: object): number;
}

const doors = new WeakMap<object, HostMemory | null>();

/** The memory of a backend, or `undefined` when the host is not built the way these kernels need. */
export function hostMemory(backend: object): HostMemory | undefined {
	let door = doors.get(backend);
	if (door === undefined) {
		door = isHostBackend(backend) ? openDoor(backend) : null;
		doors.set(backend, door);
	}
	return door ?? undefined;
}

function isHostBackend(backend: object): backend is HostBackend {
	const host = backend as Partial<HostBackend>;
	return (
		typeof host.dataIdMap?.get === "function" &&
		ArrayBuffer.isView(host.wasm?.HEAPU8) &&
		typeof host.wasm?._malloc === "function" &&
		typeof host.wasm._free === "function" &&
		memoryOf(host.wasm) !== undefined &&
		typeof host.makeOutput === "function" &&
		typeof host.typedArrayFromHeap === "function" &&
		typeof host.disposeData === "function" &&
		typeof host.incRef === "function" &&
		typeof host.refCount === "function"
	);
}

/** The memory behind the heap, if it is where it is expected. */
function memoryOf(wasm: HostBackend["wasm"]): WebAssembly.Memory | undefined {
	const memory = wasm.wasmMemory ?? wasm.asm?.memory;
	return memory instanceof WebAssembly.Memory && memory.buffer === wasm.HEAPU8.buffer ? memory : undefined;
}

function openDoor(host: HostBackend): HostMemory {
	const wasm = memoryOf(host.wasm);
	if (wasm === undefined) throw new Error("The wasm backend has no memory.");
	const entry = (tensor: TensorInfo): { readonly memoryOffset: number } => {
		const found = host.dataIdMap.get(tensor.dataId);
		if (found === undefined) throw new Error(`The wasm backend does not hold a tensor [${tensor.shape}].`);
		return found;
	};
	const allocate = (shape: readonly number[], dtype: DataType): TensorInfo => {
		const output = host.makeOutput([...shape], dtype);
		// The host does not look at what malloc says when the memory (4 GiB at most) is full.
		if (entry(output).memoryOffset === 0 && !shape.includes(0)) {
			host.disposeData(output.dataId);
			throw new Error(`The wasm backend has no memory left for a ${dtype} tensor [${shape}].`);
		}
		return output;
	};
	return {
		allocate,
		allocating(work) {
			const made: TensorInfo[] = [];
			try {
				return work((shape, dtype) => {
					const output = allocate(shape, dtype);
					made.push(output);
					return output;
				});
			} catch (error) {
				for (const { dataId } of made) host.disposeData(dataId);
				throw error;
			}
		},
		free(tensor) {
			host.disposeData(tensor.dataId);
		},
		share(tensor) {
			host.incRef(tensor.dataId);
			return { dataId: tensor.dataId, shape: [...tensor.shape], dtype: tensor.dtype };
		},
		isShared(tensor) {
			return host.refCount(tensor.dataId) > 1;
		},
		view(tensor) {
			return host.typedArrayFromHeap(tensor);
		},
		floats(tensor) {
			const numbers = host.typedArrayFromHeap(tensor);
			if (numbers instanceof Float32Array) return numbers;
			throw new Error(`A ${tensor.dtype} tensor [${tensor.shape}] came where float32 was expected.`);
		},
		pointer(tensor) {
			return entry(tensor).memoryOffset;
		},
		withScratch(bytes, work) {
			const block = host.wasm._malloc(bytes + 64) >>> 0; // malloc aligns to 8 only, and gives signed numbers above 2 GiB
			if (block === 0) throw new Error(`The wasm backend has no memory left for ${bytes} bytes of scratch.`);
			try {
				return work(((block + 63) & ~63) >>> 0);
			} finally {
				host.wasm._free(block);
			}
		},
		wasm,
	};
}
