import type { SafetensorsTensor } from "./dtype.ts";
import { headerLength, parseHeader, prefixBytes } from "./header.ts";

/** What a safetensors file holds. Maps, because a name may be any text, `__proto__` too. */
export interface Safetensors {
	/** The tensors by name, in the order of the header. */
	readonly tensors: Map<string, SafetensorsTensor>;
	/** The free text entries of the file, empty when it has none. */
	readonly metadata: Map<string, string>;
}

/**
 * Reads a safetensors file, strictly.
 *
 *     [8 bytes: header length n] [n bytes: JSON header] [the tensors, back to back]
 *
 * The whole header is checked before the first tensor is allocated; a file that breaks any rule is refused, whatever a
 * lenient reader would make of it. Each tensor is a copy, so the bytes may be dropped. F16 and BF16 come as F32, which
 * holds all their values; I64 and U64 come as arrays of bigints.
 *
 * Format: safetensors, https://github.com/huggingface/safetensors#format
 *
 * @param bytes The whole file.
 * @throws SafetensorsError for every file that is not valid, and no other error.
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
	if (!(bytes instanceof Uint8Array)) {
		throw new TypeError("readSafetensors: expected a Uint8Array. Wrap a buffer: new Uint8Array(buffer).");
	}
	const data = prefixBytes + headerLength(bytes, bytes.length);
	const { entries, metadata } = parseHeader(bytes.subarray(prefixBytes, data), bytes.length - data);
	const tensors = new Map<string, SafetensorsTensor>();
	for (const { name, layout, shape, begin, end } of entries) {
		const copy = new Uint8Array(end - begin); // starts at 0, so it is aligned for every element type
		copy.set(bytes.subarray(data + begin, data + end));
		tensors.set(name, layout.decode(copy.buffer, shape));
	}
	return { tensors, metadata };
}
