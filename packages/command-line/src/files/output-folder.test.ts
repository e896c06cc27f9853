import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UserError } from "../program/errors.ts";
import { beginFolder, checkFolder, defaultFolder, outputFolder, prepareFolder } from "./output-folder.ts";

let root = "";
beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "heed-command-line-"));
});
afterEach(() => rmSync(root, { recursive: true }));

describe("checkFolder", () => {
	const check = (options: { resume?: boolean; overwrite?: boolean }): Promise<void> =>
		checkFolder(outputFolder(root), options);

	it.each(["checkpoint.safetensors", "model.safetensors"])("leaves a folder with %s alone", async (file) => {
		writeFileSync(join(root, file), "precious");
		await expect(check({})).rejects.toThrow(UserError);
		await expect(check({})).rejects.toThrow("already holds a training. Go on with --resume");
		await check({ overwrite: true });
		expect(readFileSync(join(root, file), "utf8")).toBe("precious");
	});

	it("refuses to resume from nothing, and contradicting options", async () => {
		await check({});
		await expect(check({ resume: true })).rejects.toThrow("holds no checkpoint to resume from");
		await expect(check({ resume: true, overwrite: true })).rejects.toThrow("contradict");
	});
});

describe("prepareFolder", () => {
	it("makes the folder and those above it", async () => {
		await prepareFolder(outputFolder(join(root, "a", "b")));
		expect(existsSync(join(root, "a", "b"))).toBe(true);
	});

	it("refuses a path with a file in its way", async () => {
		writeFileSync(join(root, "file"), "");
		for (const path of [join(root, "file"), join(root, "file", "below")]) {
			await expect(prepareFolder(outputFolder(path))).rejects.toThrow(UserError);
			await expect(prepareFolder(outputFolder(path))).rejects.toThrow("a file is in the way");
		}
	});
});

it("beginFolder removes what an older training left, unless it goes on", async () => {
	const folder = outputFolder(root);
	for (const name of ["model", "checkpoint", "metrics", "report"] as const) writeFileSync(folder[name], "");
	writeFileSync(join(root, "other"), "");
	await beginFolder(folder, { goesOn: true });
	expect(readdirSync(root)).toHaveLength(5);
	await beginFolder(folder, { goesOn: false });
	expect(readdirSync(root)).toEqual(["other"]);
});

describe("defaultFolder", () => {
	it("goes by the name of the data", () => {
		expect(defaultFolder(undefined, "dates")).toBe(join("out", "dates"));
		expect(defaultFolder(join("data", "swe.txt.gz"), "dates")).toBe(join("out", "swe"));
		expect(defaultFolder(".pairs", "dates")).toBe(join("out", ".pairs"));
	});
});
