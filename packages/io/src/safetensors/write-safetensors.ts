import { dtypeLayout, type SafetensorsTensor } from "./dtype.ts";
import { byteSize, maxHeaderBytes, prefixBytes } from "./header.ts";
import { quoteName, SafetensorsError } from "./safetensors-error.ts";

/**
 * Writes tensors as a safetensors file.
 *
 * The header is padded with spaces to a multiple of 8, and the tensors stand in it by element size, largest first, then
 * by name: so every tensor is aligned, and equal tensors give equal bytes in whatever order they came.
 *
 * @param tensors Names and tensors, for instance a `Map`.
 * @param metadata Names and texts to keep beside the tensors, in this order.
 * @throws SafetensorsError for a name that comes twice or cannot be written, and for a tensor whose data do not fit its
 *   `shape` and `dtype`; nothing is allocated before.
 */
export function writeSafetensors(
	tensors: Iterable<readonly [string, SafetensorsTensor]>,
	metadata: Iterable<readonly [string, string]> = [],
): Uint8Array<ArrayBuffer> {
	const sorted = [...tensors]
		.map(([name, tensor]) => ({ name, tensor, ...checkTensor(name, tensor) }))
		.sort((a, b) => b.elementBytes - a.elementBytes || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

	const header = new Map<string, string>();
	const notes = [...metadata];
	if (notes.length > 0) header.set("__metadata__", metadataJson(notes));
	let offset = 0;
	for (const { name, tensor, bytes } of sorted) {
		if (header.has(name)) {
			throw new SafetensorsError("DUPLICATE_NAME", `tensor ${quoteName(name)} comes twice.`);
		}
		const { dtype, shape } = tensor;
		header.set(name, JSON.stringify({ dtype, shape, data_offsets: [offset, offset + bytes] }));
		offset += bytes;
	}

	const encoded = new TextEncoder().encode(objectJson(header));
	const headerBytes = Math.ceil(encoded.length / 8) * 8;
	if (headerBytes > maxHeaderBytes) {
		throw new SafetensorsError(
			"HEADER_TOO_LARGE",
			`names and metadata need ${headerBytes} bytes; at most ${maxHeaderBytes} can be read back.`,
		);
	}
	const file = new Uint8Array(prefixBytes + headerBytes + offset);
	new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
	file.fill(0x20, prefixBytes, prefixBytes + headerBytes);
	file.set(encoded, prefixBytes);
	let at = prefixBytes + headerBytes;
	for (const { tensor, bytes } of sorted) {
		file.set(new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, bytes), at);
		at += bytes;
	}
	return file;
}

function checkTensor(name: string, tensor: SafetensorsTensor): { elementBytes: number; bytes: number } {
	const what = `tensor ${quoteName(name)}`;
	checkName(name);
	if (name === "__metadata__") {
		throw new SafetensorsError("NAME", "a tensor cannot be named __metadata__.");
	}
	const layout = dtypeLayout(tensor.dtype);
	if (layout === undefined || layout === "refused" || layout.arrayName === "") {
		throw new SafetensorsError(
			"UNSUPPORTED_DTYPE",
			`${what} has a dtype that is not written: ${tensor.dtype}.`,
		);
	}
	// The tag, not instanceof: an array may come from another realm.
	const arrayName = tensor.data?.[Symbol.toStringTag];
	if (arrayName !== layout.arrayName) {
		throw new SafetensorsError(
			"UNSUPPORTED_DTYPE",
			`${what} is ${tensor.dtype}, so its data must be a ${layout.arrayName}; they are ${arrayName ?? "none"}.`,
		);
	}
	for (const size of tensor.shape) {
		if (Number.isSafeInteger(size) && size >= 0) continue;
		throw new SafetensorsError("SHAPE", `${what} has the axis size ${size}; expected a whole number ≥ 0.`);
	}
	const bytes = byteSize(what, tensor.shape, layout.bytes);
	if (bytes !== tensor.data.byteLength) {
		throw new SafetensorsError(
			"SIZE_MISMATCH",
			`${what} [${tensor.shape.slice(0, 8)}] needs ${bytes / layout.bytes} values, but has ${tensor.data.length}.`,
		);
	}
	return { elementBytes: layout.bytes, bytes };
}

function checkName(name: unknown): void {
	if (typeof name === "string" && !/\p{Surrogate}/u.test(name)) return;
	throw new SafetensorsError("NAME", `${quoteName(String(name))} is not text that UTF-8 can hold.`);
}

function metadataJson(metadata: readonly (readonly [string, string])[]): string {
	const entries = new Map<string, string>();
	for (const [key, value] of metadata) {
		checkName(key);
		if (typeof value !== "string" || /\p{Surrogate}/u.test(value)) {
			throw new SafetensorsError("METADATA", `metadata ${quoteName(key)} is not text that UTF-8 can hold.`);
		}
		if (entries.has(key)) {
			throw new SafetensorsError("DUPLICATE_NAME", `metadata ${quoteName(key)} comes twice.`);
		}
		entries.set(key, JSON.stringify(value));
	}
	return objectJson(entries);
}

function objectJson(entries: Iterable<readonly [string, string]>): string {
	return `{${[...entries].map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(",")}}`;
}
