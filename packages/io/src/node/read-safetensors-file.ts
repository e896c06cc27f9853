import { type FileHandle, open } from "node:fs/promises";
import type { SafetensorsTensor } from "../safetensors/dtype.ts";
import { headerLength, parseHeader, prefixBytes } from "../safetensors/header.ts";
import type { Safetensors } from "../safetensors/read-safetensors.ts";
import { SafetensorsError } from "../safetensors/safetensors-error.ts";

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
		const length = headerLength(await readRange(file, 0, Math.min(prefixBytes, size)), size);
		const data = prefixBytes + length;
		const { entries, metadata } = parseHeader(await readRange(file, prefixBytes, length), size - data);
		const tensors = new Map<string, SafetensorsTensor>();
		for (const { name, layout, shape, begin, end } of entries) {
			const bytes = await readRange(file, data + begin, end - begin);
			tensors.set(name, layout.decode(bytes.buffer, shape));
		}
		return { tensors, metadata };
	} finally {
		await file.close();
	}
}

async function readRange(
	file: FileHandle,
	position: number,
	length: number,
): Promise<Uint8Array<ArrayBuffer>> {
	const bytes = new Uint8Array(length);
	let at = 0;
	while (at < length) {
		const { bytesRead } = await file.read(bytes, at, length - at, position + at);
		if (bytesRead === 0) {
			throw new SafetensorsError("DATA_PAST_END", "the file became shorter while it was read.");
		}
		at += bytesRead;
	}
	return bytes;
}
