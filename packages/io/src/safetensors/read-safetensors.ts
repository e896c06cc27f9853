import { allocate, decodeTensor } from "./decode-tensor.ts";
import type { SafetensorsTensor } from "./dtype.ts";
import { headerLength, parseHeader, prefixBytes } from "./header.ts";
import { arrayName, kindOf } from "./kind-of.ts";
import { quoteName } from "./safetensors-error.ts";

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
 * @throws SafetensorsError for every file that is not valid; TypeError when `bytes` is no Uint8Array.
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
	if (arrayName(bytes) !== "Uint8Array") {
		throw new TypeError(
			`readSafetensors: the file is ${kindOf(bytes)}; expected a Uint8Array. Wrap a buffer: new Uint8Array(buffer).`,
		);
	}
	const data = prefixBytes + headerLength(bytes, bytes.length);
	const { entries, metadata } = parseHeader(bytes.subarray(prefixBytes, data), bytes.length - data);
	const tensors = new Map<string, SafetensorsTensor>();
	for (const entry of entries) {
		const { name, begin, end } = entry;
		const copy = allocate(`tensor ${quoteName(name)}`, end - begin);
		copy.set(bytes.subarray(data + begin, data + end));
		tensors.set(name, decodeTensor(entry, copy));
	}
	return { tensors, metadata };
}
