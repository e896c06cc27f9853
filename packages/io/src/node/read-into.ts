import type { FileHandle } from "node:fs/promises";
import { SafetensorsError } from "../safetensors/safetensors-error.ts";

/** Node ends the whole process when it is asked for 2 GiB or more at once. */
const maxRead = 2 ** 30;

/** Fills `bytes` from `position` on in the file. */
export async function readInto(
	file: Pick<FileHandle, "read">,
	position: number,
	bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
	let at = 0;
	while (at < bytes.length) {
		const length = Math.min(bytes.length - at, maxRead);
		const { bytesRead } = await file.read(bytes, at, length, position + at);
		if (bytesRead === 0) {
			throw new SafetensorsError("DATA_PAST_END", "the file became shorter while it was read.");
		}
		at += bytesRead;
	}
	return bytes;
}
