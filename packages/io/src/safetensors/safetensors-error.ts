/**
 * Which rule of the format was broken, as a stable word that code can branch on.
 *
 * - `FILE_TOO_SHORT`: fewer than the 8 bytes of the header length
 * - `HEADER_TOO_LARGE`: the header claims more than 25,000,000 bytes
 * - `HEADER_PAST_END`: the header claims more bytes than the file has
 * - `HEADER_START`: the header does not start with `{`
 * - `HEADER_ENCODING`: the header is not UTF-8
 * - `HEADER_SYNTAX`: the header is not the JSON of a safetensors file
 * - `DUPLICATE_NAME`: a name occurs twice in one object
 * - `METADATA`: `__metadata__` holds something else than strings
 * - `TENSOR_ENTRY`: a tensor's entry lacks a field or has an unknown one
 * - `UNKNOWN_DTYPE`: no such element type
 * - `UNSUPPORTED_DTYPE`: an element type of the format that JavaScript has no array for
 * - `SHAPE`: a size is not a whole number ≥ 0, there are more than 64 of them, or their product is too large to count
 * - `OFFSETS`: `data_offsets` are not two whole numbers, begin ≤ end
 * - `SIZE_MISMATCH`: the bytes of a tensor do not fit its shape and element type
 * - `DATA_OVERLAP`, `DATA_HOLE`, `DATA_PAST_END`, `DATA_TRAILING`: the tensors do not cover the rest of the file
 *   exactly once
 * - `TENSOR_TOO_LARGE`: a tensor, or the file to write, is larger than one array can be
 * - `BOOL_VALUE`: a BOOL that is neither 0 nor 1
 * - `NAME`: a name that cannot be written
 * - `SHARD_INDEX`, `SHARD_NAME`: a broken index of shards, a shard name that is not a plain file name
 */
export type SafetensorsErrorCode =
	| "FILE_TOO_SHORT"
	| "HEADER_TOO_LARGE"
	| "HEADER_PAST_END"
	| "HEADER_START"
	| "HEADER_ENCODING"
	| "HEADER_SYNTAX"
	| "DUPLICATE_NAME"
	| "METADATA"
	| "TENSOR_ENTRY"
	| "UNKNOWN_DTYPE"
	| "UNSUPPORTED_DTYPE"
	| "SHAPE"
	| "OFFSETS"
	| "SIZE_MISMATCH"
	| "DATA_OVERLAP"
	| "DATA_HOLE"
	| "DATA_PAST_END"
	| "DATA_TRAILING"
	| "TENSOR_TOO_LARGE"
	| "BOOL_VALUE"
	| "NAME"
	| "SHARD_INDEX"
	| "SHARD_NAME";

/** The one error for bytes, names or tensors that are no valid safetensors file. */
export class SafetensorsError extends Error {
	override readonly name = "SafetensorsError";
	readonly code: SafetensorsErrorCode;

	constructor(code: SafetensorsErrorCode, message: string) {
		super(`safetensors: ${message}`);
		this.code = code;
	}
}

/** A name from a file as it may stand in a message: quoted, escaped and never long. */
export function quoteName(name: string): string {
	return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}…` : name);
}
