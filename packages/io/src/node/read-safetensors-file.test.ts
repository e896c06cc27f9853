import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileOf } from "../../test/raw-file.ts";
import { readSafetensors, writeSafetensors } from "../index.ts";
import { readSafetensorsFile } from "./read-safetensors-file.ts";
import { writeFileAtomically } from "./write-file-atomically.ts";

let folder = "";
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "heed-io-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("readSafetensorsFile", () => {
	it("reads what readSafetensors reads", async () => {
		const path = join(folder, "m.safetensors");
		const bytes = writeSafetensors(
			[
				["a", { dtype: "F64", shape: [2], data: Float64Array.of(1, Number.NaN) }],
				["b", { dtype: "BOOL", shape: [3], data: Uint8Array.of(1, 0, 1) }],
				["c", { dtype: "F32", shape: [0], data: new Float32Array(0) }],
			],
			[["k", "v"]],
		);
		await writeFileAtomically(path, bytes);
		expect(await readSafetensorsFile(path)).toEqual(readSafetensors(bytes));
	});

	it.each([
		["FILE_TOO_SHORT", new Uint8Array(3)],
		["HEADER_TOO_LARGE", new Uint8Array(8).fill(255)],
		["HEADER_PAST_END", Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 1)],
		["DATA_TRAILING", fileOf("{}", new Uint8Array(1))],
	])("refuses a broken file: %s", async (code, bytes) => {
		const path = join(folder, "broken");
		await writeFile(path, bytes);
		await expect(readSafetensorsFile(path)).rejects.toMatchObject({ name: "SafetensorsError", code });
	});

	it("says when a tensor is larger than an array can be", async () => {
		const path = join(folder, "sparse");
		const bytes = 2 ** 43; // most file systems give a hole no blocks
		const header = { x: { dtype: "U8", shape: [bytes], data_offsets: [0, bytes] } };
		const start = fileOf(header);
		await writeFile(path, start);
		await truncate(path, start.length + bytes);
		await expect(readSafetensorsFile(path)).rejects.toMatchObject({
			code: "TENSOR_TOO_LARGE",
			message: expect.stringContaining(`tensor "x" of ${bytes} bytes`),
		});
	});

	it("passes on that a file is absent", async () => {
		await expect(readSafetensorsFile(join(folder, "absent"))).rejects.toMatchObject({ code: "ENOENT" });
	});
});
