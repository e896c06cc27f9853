import { type DtypeLayout, dtypeLayout } from "./dtype.ts";
import { JsonScanner } from "./json-scanner.ts";
import { quoteName, SafetensorsError } from "./safetensors-error.ts";

/** The first 8 bytes of a file: the length of the header, little-endian. */
export const prefixBytes = 8;
/** Larger headers are refused; real ones have some hundred bytes per tensor. */
export const maxHeaderBytes = 25_000_000;
/** More axes than any tensor has. */
export const maxRank = 64;

/** What a header says about one tensor. */
export interface HeaderEntry {
	readonly name: string;
	readonly layout: DtypeLayout;
	readonly shape: readonly number[];
	/** First byte of the data, counted from the end of the header. */
	readonly begin: number;
	/** The byte after the data. */
	readonly end: number;
}

/** A header that was checked against the size of its file. */
export interface Header {
	readonly entries: readonly HeaderEntry[];
	readonly metadata: Map<string, string>;
}

/** Reads the header's length from the first bytes of a file and checks it before anything is made of that length. */
export function headerLength(prefix: Uint8Array, fileBytes: number): number {
	if (fileBytes < prefixBytes || prefix.length < prefixBytes) {
		throw new SafetensorsError(
			"FILE_TOO_SHORT",
			`the file has ${fileBytes} bytes; a header needs at least 8.`,
		);
	}
	const length = new DataView(prefix.buffer, prefix.byteOffset, prefixBytes).getBigUint64(0, true);
	if (length > BigInt(maxHeaderBytes)) {
		throw new SafetensorsError(
			"HEADER_TOO_LARGE",
			`the header claims ${length} bytes; at most ${maxHeaderBytes} are read. Is this a safetensors file?`,
		);
	}
	if (Number(length) > fileBytes - prefixBytes) {
		throw new SafetensorsError(
			"HEADER_PAST_END",
			`the header claims ${length} bytes, but only ${fileBytes - prefixBytes} follow. The file is cut short.`,
		);
	}
	return Number(length);
}

/**
 * Reads a header and checks every rule of the format, so that a caller can allocate what it names.
 *
 * @param bytes The header alone, without the 8 bytes of its length.
 * @param dataBytes How many bytes follow the header in the file.
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number): Header {
	if (bytes[0] !== 0x7b) throw new SafetensorsError("HEADER_START", 'the header does not start with "{".');
	const entries: HeaderEntry[] = [];
	let metadata = new Map<string, string>();
	const scanner = new JsonScanner(decode(bytes));
	scanner.object("the header", (name) => {
		if (name === "__metadata__") metadata = readMetadata(scanner);
		else entries.push(readEntry(scanner, name));
	});
	scanner.end();
	checkCover(entries, dataBytes);
	return { entries, metadata };
}

function decode(bytes: Uint8Array): string {
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		throw new SafetensorsError("HEADER_ENCODING", "the header is not UTF-8.");
	}
}

function readMetadata(scanner: JsonScanner): Map<string, string> {
	const metadata = new Map<string, string>();
	if (!scanner.startsWith("{")) throw new SafetensorsError("METADATA", "__metadata__ is not an object.");
	scanner.object("__metadata__", (key) => {
		if (!scanner.startsWith('"')) {
			throw new SafetensorsError("METADATA", `__metadata__ ${quoteName(key)} is not a string.`);
		}
		metadata.set(key, scanner.string("a value in __metadata__"));
	});
	return metadata;
}

function readEntry(scanner: JsonScanner, name: string): HeaderEntry {
	const what = `tensor ${quoteName(name)}`;
	let dtype: string | undefined;
	let shape: string[] | undefined;
	let offsets: string[] | undefined;
	scanner.object(what, (field) => {
		if (field === "dtype") dtype = scanner.string(what);
		else if (field === "shape") shape = scanner.numbers(`the shape of ${what}`, maxRank, "SHAPE");
		else if (field === "data_offsets") offsets = scanner.numbers(`data_offsets of ${what}`, 2, "OFFSETS");
		else throw new SafetensorsError("TENSOR_ENTRY", `${what} has an unknown field ${quoteName(field)}.`);
	});
	if (dtype === undefined || shape === undefined || offsets === undefined) {
		throw new SafetensorsError("TENSOR_ENTRY", `${what} needs dtype, shape and data_offsets.`);
	}
	const layout = dtypeLayout(dtype);
	if (layout === undefined) {
		throw new SafetensorsError("UNKNOWN_DTYPE", `${what} has the unknown dtype ${quoteName(dtype)}.`);
	}
	if (layout === "refused") {
		throw new SafetensorsError(
			"UNSUPPORTED_DTYPE",
			`${what} is ${dtype}, which is not supported. Convert it to F32, F16 or BF16 first.`,
		);
	}
	const sizes = shape.map((size) => wholeNumber("SHAPE", `${what} has the axis size`, size));
	const [begin = -1, end = -1] = offsets.map((offset) =>
		wholeNumber("OFFSETS", `${what} has the offset`, offset),
	);
	if (begin < 0 || end < begin) {
		throw new SafetensorsError("OFFSETS", `${what} has data_offsets [${offsets}]; expected [begin, end].`);
	}
	const bytes = byteSize(what, sizes, layout.bytes);
	if (bytes !== end - begin) {
		throw new SafetensorsError(
			"SIZE_MISMATCH",
			`${what}, ${dtype} [${sizes.slice(0, 8)}], needs ${bytes} bytes, but has ${end - begin}.`,
		);
	}
	return { name, layout, shape: sizes, begin, end };
}

function wholeNumber(code: "SHAPE" | "OFFSETS", what: string, token: string): number {
	const value = /^\d+$/.test(token) ? Number(token) : Number.NaN;
	if (Number.isSafeInteger(value)) return value;
	throw new SafetensorsError(code, `${what} ${token}; expected a whole number from 0 to 2^53 - 1.`);
}

/** The bytes of a tensor, with every product checked; none where an axis is empty, whatever the others are. */
export function byteSize(what: string, shape: readonly number[], elementBytes: number): number {
	if (shape.includes(0)) return 0;
	let bytes = elementBytes;
	for (const size of shape) {
		bytes *= size;
		if (!Number.isSafeInteger(bytes)) {
			throw new SafetensorsError("SHAPE", `${what} [${shape.slice(0, 8)}] is too large to count its bytes.`);
		}
	}
	return bytes;
}

/** The tensors must cover the data exactly: no hole, no overlap, nothing left over. */
function checkCover(entries: readonly HeaderEntry[], dataBytes: number): void {
	let covered = 0;
	for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
		const what = `tensor ${quoteName(name)}`;
		if (begin < covered) {
			throw new SafetensorsError("DATA_OVERLAP", `${what} starts at byte ${begin}, before ${covered}.`);
		}
		if (begin > covered) {
			throw new SafetensorsError("DATA_HOLE", `no tensor covers the bytes from ${covered} to ${begin}.`);
		}
		if (end > dataBytes) {
			throw new SafetensorsError("DATA_PAST_END", `${what} ends at byte ${end}; the data have ${dataBytes}.`);
		}
		covered = end;
	}
	if (covered < dataBytes) {
		throw new SafetensorsError("DATA_TRAILING", `${dataBytes - covered} bytes follow the last tensor.`);
	}
}
