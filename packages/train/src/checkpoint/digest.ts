import type { SafetensorsTensor } from "@heed/io";

/** The checksum of every byte, after the polynomial of zip and PNG. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
	let value = byte;
	for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
	return value;
});

function crc32(bytes: Uint8Array, start: number): number {
	let sum = ~start;
	for (let i = 0; i < bytes.length; i++) {
		sum = (sum >>> 8) ^ (table[(sum ^ (bytes[i] as number)) & 0xff] as number);
	}
	return ~sum >>> 0;
}

/**
 * The CRC-32 of a checkpoint, over its state and all tensors with their names, as eight hexadecimal digits. It finds
 * every single flipped bit and any damage within 32 bits; it does not protect from those who mean harm.
 */
export function digest(state: string, tensors: Iterable<readonly [string, SafetensorsTensor]>): string {
	const encoder = new TextEncoder();
	let sum = crc32(encoder.encode(state), 0);
	const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
	for (const [name, { dtype, shape, data }] of sorted) {
		sum = crc32(encoder.encode(JSON.stringify([name, dtype, shape])), sum);
		sum = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), sum);
	}
	return sum.toString(16).padStart(8, "0");
}
