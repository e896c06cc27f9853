import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { UserError } from "../program/errors.ts";

/** The largest file that is read, so that a small archive cannot fill the memory. */
const largestFile = 512 * 2 ** 20;

/**
 * Reads a UTF-8 file, compressed when its name ends in `.gz`.
 *
 * @param wanted What is said to be given instead of a folder.
 * @throws UserError for a file that cannot be read or is no UTF-8 text.
 */
export function readText(path: string, wanted = "a file"): string {
	return said(path, wanted, () => new TextDecoder("utf-8", { fatal: true }).decode(readPlain(path)));
}

/**
 * Reads a file of JSON.
 *
 * @param wanted What is said to be given instead of a folder.
 * @throws UserError for a file that cannot be read or is no JSON.
 */
export function readJson(path: string, wanted = "a file"): unknown {
	const text = readText(path, wanted);
	try {
		return JSON.parse(text);
	} catch (error) {
		const reason = (error as Error).message.replace(/\s+/gu, " ");
		throw new UserError(`${path}: this is not JSON (${reason}).`, { cause: error });
	}
}

/**
 * Reads a file of bytes, compressed when its name ends in `.gz`.
 *
 * @param wanted What is said to be given instead of a folder.
 * @throws UserError for a file that cannot be read.
 */
export function readBytes(path: string, wanted = "a file"): Uint8Array {
	return said(path, wanted, () => readPlain(path));
}

function readPlain(path: string): Uint8Array {
	const bytes = readFileSync(path);
	return path.endsWith(".gz") ? gunzipSync(bytes, { maxOutputLength: largestFile }) : bytes;
}

/** What fails is the user's file: it is said by name, in one line. */
function said<T>(path: string, wanted: string, read: () => T): T {
	try {
		return read();
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
	if (code === "ERR_BUFFER_TOO_LARGE") return `more than ${largestFile} bytes.`;
	if (code?.startsWith("Z_")) return `this is not a gzip file, or it is damaged (${message}).`;
	return message;
}
