/** Follows what is asked of a WebAssembly heap. */
export interface HeapPeak {
	/** Bytes that were asked for since the start and not given back. */
	live(): number;
	/** The most of them since the last call of `restart`. */
	peak(): number;
	restart(): void;
	end(): void;
}

/** The door of an Emscripten module to its heap. */
export interface EmscriptenHeap {
	_malloc(bytes: number): number;
	_free(pointer: number): void;
}

/**
 * Starts following, by wrapping `_malloc` and `_free` until the end. What compiled code asks for itself is not seen: the
 * packed operands of XNNPACK, for instance.
 */
export function followHeap(heap: EmscriptenHeap): HeapPeak {
	const { _malloc, _free } = heap;
	const sizes = new Map<number, number>();
	let live = 0;
	let peak = 0;
	heap._malloc = (bytes) => {
		const pointer = _malloc(bytes);
		if (pointer !== 0) {
			sizes.set(pointer, bytes);
			live += bytes;
			peak = Math.max(peak, live);
		}
		return pointer;
	};
	heap._free = (pointer) => {
		live -= sizes.get(pointer) ?? 0; // what was there before is not counted, neither when it goes
		sizes.delete(pointer);
		_free(pointer);
	};
	return {
		live: () => live,
		peak: () => peak,
		restart() {
			peak = live;
		},
		end() {
			Object.assign(heap, { _malloc, _free });
		},
	};
}
