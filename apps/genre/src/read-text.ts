import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { UserError } from "./user-error.ts";

/** The largest text that is read, so that a small archive cannot fill the memory. */
const largestText = 512 * 2 ** 20;

/**
 * Reads a UTF-8 file, compressed when its name ends in `.gz`.
 *
 * @throws UserError for a file that cannot be read or is no UTF-8 text.
 */
export function readText(path: string): string {
	try {
		const bytes = readFileSync(path);
		const plain = path.endsWith(".gz") ? gunzipSync(bytes, { maxOutputLength: largestText }) : bytes;
		return new TextDecoder("utf-8", { fatal: true }).decode(plain);
	} catch (error) {
		throw new UserError(`${path}: ${reasonOf(error)}`, { cause: error });
	}
}

function reasonOf(error: unknown): string {
	const { code, message } = error as NodeJS.ErrnoException;
	if (code === "ENOENT") return "there is no such file.";
	if (code === "EISDIR") return "this is a folder; give a file of label<TAB>text lines.";
	if (code === "EACCES" || code === "EPERM") return "this file may not be read.";
	if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return "this is not UTF-8 text.";
	if (code === "ERR_BUFFER_TOO_LARGE") return `more than ${largestText} bytes of text.`;
	if (code?.startsWith("Z_")) return `this is not a gzip file, or it is damaged (${message}).`;
	return message;
}
