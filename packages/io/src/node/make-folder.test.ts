import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolder } from "./make-folder.ts";

describe("makeFolder", () => {
	let root = "";
	beforeEach(() => {
		root = mkdtempSync(join(tmpdir(), "heed-folder-"));
	});
	afterEach(() => rmSync(root, { recursive: true, force: true }));

	it("makes what is missing, also twice and by several at a time", async () => {
		const path = join(root, "a", "b", "c");
		await Promise.all([makeFolder(path), makeFolder(path), makeFolder(join(root, "a", "d"))]);
		await makeFolder(path);
		expect(statSync(path).isDirectory()).toBe(true);
		expect(statSync(join(root, "a", "d")).isDirectory()).toBe(true);
	});

	it("says what is in the way", async () => {
		writeFileSync(join(root, "file"), "");
		await expect(makeFolder(join(root, "file"))).rejects.toMatchObject({ code: "EEXIST" });
		await expect(makeFolder(join(root, "file", "below"))).rejects.toMatchObject({ code: "ENOTDIR" });
	});

	it.runIf(process.platform === "linux")("ends where a folder takes no children", async () => {
		await expect(makeFolder("/proc/heed/below")).rejects.toMatchObject({ code: "ENOENT" });
	});
});
