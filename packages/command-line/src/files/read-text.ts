import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { UserError } from "../program/errors.ts";

/** The largest text that is read, so that a small archive cannot fill the memory. */
const largestText = 512 * 2 ** 20;

/**
 * Reads a UTF-8 file, compressed when its name ends in `.gz`.
 *
 * @param wanted What is said to be given instead of a folder.
 * @throws UserError for a file that cannot be read or is no UTF-8 text.
 */
export function readText(path: string, wanted = "a file"): string {
	try {
		const bytes = readFileSync(path);
		const plain = path.endsWith(".gz") ? gunzipSync(bytes, { maxOutputLength: largestText }) : bytes;
		return new TextDecoder("utf-8", { fatal: true }).decode(plain);
	} catch (error) {
		throw new UserError(`${path}: ${reasonOf(error, wanted)}`, { cause: error });
	}
}

function reasonOf(error: unknown, wanted: string): string {
	const { code, message } = error as NodeJS.ErrnoException;
	if (code === "ENOENT") return "there is no such file.";
	if (code === "EISDIR") return `this is a folder; give ${wanted}.`;
	if (code === "EACCES" || code === "EPERM") return "this file may not be read.";
	if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return "this is not UTF-8 text.";
	if (code === "ERR_BUFFER_TOO_LARGE") return `more than ${largestText} bytes of text.`;
	if (code?.startsWith("Z_")) return `this is not a gzip file, or it is damaged (${message}).`;
	return message;
}
