import { createHash } from "node:crypto";

/** A hash of data: texts, numbers, lists, records, and arrays of bytes or numbers by their contents. */
export function digestOf(data: unknown): string {
	const text = JSON.stringify(data, (_, value: unknown) => (ArrayBuffer.isView(value) ? hash(value) : value));
	return hash(new TextEncoder().encode(text)).slice(0, 16);
}

function hash({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
	return createHash("sha256")
		.update(new Uint8Array(buffer, byteOffset, byteLength))
		.digest("hex");
}
