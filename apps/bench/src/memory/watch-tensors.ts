import * as tf from "@tensorflow/tfjs-core";
import type { MemoryWatch } from "../contenders/contender.ts";
import { type EmscriptenHeap, followHeap } from "./heap-peak.ts";
import { followTensors } from "./tensor-peak.ts";

/** Watches the current backend of TensorFlow.js: its tensors, and on wasm its heap. */
export function watchTensors(): MemoryWatch {
	const heap = heapOf(tf.backend());
	const heapPeak = heap && followHeap(heap);
	return {
		async during(work) {
			const tensors = followTensors();
			const before = { tensors: tf.memory().numBytes, heap: heapPeak?.live() ?? 0 };
			heapPeak?.restart();
			try {
				const result = await work();
				const extra = (peak: number, start: number, end: number): number =>
					Math.max(0, peak - start - Math.max(0, end - start));
				const use = {
					tensorBytes: extra(tensors.peak(), before.tensors, tf.memory().numBytes),
					...(heapPeak && { heapBytes: extra(heapPeak.peak(), before.heap, heapPeak.live()) }),
				};
				return { result, use };
			} finally {
				tensors.end();
			}
		},
		end: () => heapPeak?.end(),
	};
}

/** The heap of the wasm backend, which its types do not show. */
function heapOf(backend: object): EmscriptenHeap | undefined {
	const { wasm } = backend as { readonly wasm?: Partial<EmscriptenHeap> };
	if (typeof wasm?._malloc !== "function" || typeof wasm._free !== "function") return undefined;
	return wasm as EmscriptenHeap;
}
