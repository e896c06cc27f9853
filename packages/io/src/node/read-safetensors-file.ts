import { open } from "node:fs/promises";
import { allocate, decodeTensor } from "../safetensors/decode-tensor.ts";
import type { SafetensorsTensor } from "../safetensors/dtype.ts";
import { headerLength, parseHeader, prefixBytes } from "../safetensors/header.ts";
import type { Safetensors } from "../safetensors/read-safetensors.ts";
import { quoteName } from "../safetensors/safetensors-error.ts";
import { readInto } from "./read-into.ts";

/**
 * Reads a safetensors file from disk, under the rules of `readSafetensors`. The header is checked against the size of
 * the file first, and each tensor is then read to its own memory, so a file is never held twice and may be larger than
 * one array.
 *
 * @throws SafetensorsError for a file that is not valid, and the file system's own error for one that cannot be read.
 */
export async function readSafetensorsFile(path: string): Promise<Safetensors> {
	const file = await open(path, "r");
	try {
		const { size } = await file.stat();
		const prefix = await readInto(file, 0, new Uint8Array(Math.min(prefixBytes, size)));
		const length = headerLength(prefix, size);
		const data = prefixBytes + length;
		const header = await readInto(file, prefixBytes, new Uint8Array(length));
		const { entries, metadata } = parseHeader(header, size - data);
		const tensors = new Map<string, SafetensorsTensor>();
		for (const entry of entries) {
			const { name, begin, end } = entry;
			const bytes = allocate(`tensor ${quoteName(name)}`, end - begin);
			tensors.set(name, decodeTensor(entry, await readInto(file, data + begin, bytes)));
		}
		return { tensors, metadata };
	} finally {
		await file.close();
	}
}
