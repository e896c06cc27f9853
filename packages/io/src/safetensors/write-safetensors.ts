import { allocate, checkBools } from "./decode-tensor.ts";
import { dtypeLayout, type SafetensorsTensor, writableDtypes } from "./dtype.ts";
import { byteSize, maxHeaderBytes, maxRank, prefixBytes } from "./header.ts";
import { arrayName, kindOf } from "./kind-of.ts";
import { quoteName, SafetensorsError } from "./safetensors-error.ts";

/** Values by name: a `Map`, any other iterable of pairs, or a plain object. */
export type NamedEntries<T> = Iterable<readonly [string, T]> | Readonly<Record<string, T>>;

/**
 * Writes tensors as a safetensors file.
 *
 * The header is padded with spaces to a multiple of 8, and the tensors stand in it by element size, largest first, then
 * by name: so every tensor is aligned, and equal tensors give equal bytes in whatever order they came.
 *
 * @param tensors Names and tensors: a `Map`, pairs or a plain object.
 * @param metadata Names and texts to keep beside the tensors, in this order.
 * @throws SafetensorsError for a name that comes twice or cannot be written, and for a tensor whose data do not fit its
 *   `shape` and `dtype`; nothing is allocated before. TypeError for an argument that holds no names.
 */
export function writeSafetensors(
	tensors: NamedEntries<SafetensorsTensor>,
	metadata: NamedEntries<string> = [],
): Uint8Array<ArrayBuffer> {
	const sorted = entriesOf("tensors", tensors)
		.map(([name, tensor]) => ({ name, tensor, ...checkTensor(name, tensor) }))
		.sort((a, b) => b.elementBytes - a.elementBytes || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

	const header = new Map<string, string>();
	const notes = entriesOf("metadata", metadata);
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
	const file = allocate("the file", prefixBytes + headerBytes + offset);
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

function entriesOf<T>(what: string, values: NamedEntries<T>): (readonly [string, T])[] {
	const expected = "expected a Map, [name, value] pairs or a plain object";
	if (typeof values !== "object" || values === null || ArrayBuffer.isView(values)) {
		throw new TypeError(`writeSafetensors: ${what} are ${kindOf(values)}; ${expected}.`);
	}
	if (!(Symbol.iterator in values)) return Object.entries(values);
	const pairs = [...(values as Iterable<readonly [string, T]>)];
	const odd = pairs.findIndex((pair) => !Array.isArray(pair) || pair.length !== 2);
	if (odd < 0) return pairs;
	throw new TypeError(`writeSafetensors: item ${odd} of ${what} is ${kindOf(pairs[odd])}; ${expected}.`);
}

function checkTensor(name: string, tensor: SafetensorsTensor): { elementBytes: number; bytes: number } {
	const what = `tensor ${quoteName(name)}`;
	checkName(name);
	if (name === "__metadata__") {
		throw new SafetensorsError("NAME", "a tensor cannot be named __metadata__.");
	}
	if (typeof tensor !== "object" || tensor === null) {
		throw new SafetensorsError(
			"TENSOR_ENTRY",
			`${what} is ${kindOf(tensor)}; expected { dtype, shape, data }.`,
		);
	}
	const { dtype, shape, data } = tensor;
	const layout = dtypeLayout(dtype);
	if (layout === undefined || layout === "refused" || layout.arrayName === "") {
		throw new SafetensorsError(
			"UNSUPPORTED_DTYPE",
			`${what} has the dtype ${quoteName(String(dtype))}; expected one of ${writableDtypes()}.`,
		);
	}
	if (arrayName(data) !== layout.arrayName) {
		throw new SafetensorsError(
			"UNSUPPORTED_DTYPE",
			`${what} is ${dtype}, but its data are ${kindOf(data)}; expected a ${layout.arrayName}.`,
		);
	}
	if (!Array.isArray(shape) || shape.length > maxRank) {
		const came = Array.isArray(shape) ? `has ${shape.length} axes` : `has ${kindOf(shape)} as shape`;
		throw new SafetensorsError("SHAPE", `${what} ${came}; expected an array of at most ${maxRank} sizes.`);
	}
	for (const size of shape) {
		if (Number.isSafeInteger(size) && size >= 0) continue;
		throw new SafetensorsError("SHAPE", `${what} has the axis size ${size}; expected a whole number ≥ 0.`);
	}
	const bytes = byteSize(what, shape, layout.bytes);
	if (bytes !== data.byteLength) {
		throw new SafetensorsError(
			"SIZE_MISMATCH",
			`${what} [${shape.slice(0, 8)}] needs ${bytes / layout.bytes} values, but has ${data.length}.`,
		);
	}
	if (tensor.dtype === "BOOL") checkBools(what, tensor.data);
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
		if (typeof value !== "string") {
			throw new SafetensorsError(
				"METADATA",
				`metadata ${quoteName(key)} is ${kindOf(value)}; expected text.`,
			);
		}
		if (/\p{Surrogate}/u.test(value)) {
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
