import type { FileHandle } from "node:fs/promises";
import { expect, it } from "vitest";
import { readInto } from "./read-into.ts";

/** A file that gives all it is asked for without touching the memory, and notes what it was asked for. */
function recordingFile(): { readonly calls: number[][]; readonly file: Pick<FileHandle, "read"> } {
	const calls: number[][] = [];
	const read = async (buffer: Uint8Array, offset: number, length: number, position: number) => {
		calls.push([offset, length, position]);
		return { bytesRead: length, buffer };
	};
	return { calls, file: { read: read as FileHandle["read"] } };
}

it("asks for less than 2 GiB at once, where Node would end the process", async () => {
	const { calls, file } = recordingFile();
	const size = 2 ** 31 + 5;
	const bytes = new Uint8Array(size); // the system gives the pages only when they are touched
	expect(await readInto(file, 100, bytes)).toBe(bytes);
	expect(calls).toEqual([
		[0, 2 ** 30, 100],
		[2 ** 30, 2 ** 30, 2 ** 30 + 100],
		[2 ** 31, 5, 2 ** 31 + 100],
	]);
});

it("asks again after a short read, and says when the file ends early", async () => {
	let left = 7;
	const read = async (buffer: Uint8Array, _: number, length: number) => {
		const bytesRead = Math.min(length, left, 3);
		left -= bytesRead;
		return { bytesRead, buffer };
	};
	const file = { read: read as FileHandle["read"] };
	expect(await readInto(file, 0, new Uint8Array(5))).toHaveLength(5);
	await expect(readInto(file, 5, new Uint8Array(5))).rejects.toMatchObject({ code: "DATA_PAST_END" });
});
