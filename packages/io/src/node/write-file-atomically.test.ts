import {
	chmod,
	lstat,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rm,
	stat,
	symlink,
	writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFileAtomically } from "./write-file-atomically.ts";

let folder = "";
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "heed-io-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("writeFileAtomically", () => {
	it("writes a new file and replaces an old one, and leaves nothing else", async () => {
		const path = join(folder, "model.bin");
		await writeFileAtomically(path, Uint8Array.of(1, 2, 3));
		await writeFileAtomically(path, Uint8Array.of(4).subarray(0, 1));
		expect([...(await readFile(path))]).toEqual([4]);
		await writeFileAtomically(path, "é");
		expect(await readFile(path, "utf8")).toBe("é");
		expect(await readdir(folder)).toEqual(["model.bin"]);
	});

	it("keeps the permissions of the old file and follows a symbolic link", async () => {
		const path = join(folder, "secret");
		await writeFile(path, "old");
		await chmod(path, 0o640);
		await symlink(path, join(folder, "link"));
		await writeFileAtomically(join(folder, "link"), "new");
		expect(await readFile(path, "utf8")).toBe("new");
		expect((await stat(path)).mode & 0o777).toBe(0o640);
	});

	it("makes the file that a dangling link points to, through other links too", async () => {
		await mkdir(join(folder, "sub"));
		await symlink(join("sub", "second"), join(folder, "first"));
		await symlink("file", join(folder, "sub", "second"));
		await writeFileAtomically(join(folder, "first"), "new");
		expect(await readFile(join(folder, "sub", "file"), "utf8")).toBe("new");
		expect((await lstat(join(folder, "first"))).isSymbolicLink()).toBe(true);
		await symlink("loop", join(folder, "loop"));
		await expect(writeFileAtomically(join(folder, "loop"), "x")).rejects.toMatchObject({ code: "ELOOP" });
		expect((await lstat(join(folder, "loop"))).isSymbolicLink()).toBe(true);
	});

	it("takes a name as long as the file system does", async () => {
		const path = join(folder, "é".repeat(127));
		await writeFileAtomically(path, "x");
		expect(await readFile(path, "utf8")).toBe("x");
	});

	it("replaces nothing that is not a file", async () => {
		const path = join(folder, "folder");
		await mkdir(path);
		await expect(writeFileAtomically(path, "x")).rejects.toThrow(
			"folder is not a file, so it is not replaced",
		);
		await expect(writeFileAtomically("/dev/null", "x")).rejects.toThrow("/dev/null is not a file");
		expect((await stat(path)).isDirectory()).toBe(true);
		expect((await stat("/dev/null")).isCharacterDevice()).toBe(true);
		expect(await readdir(folder)).toEqual(["folder"]);
	});

	it("removes its temporary file and keeps the old state when it fails", async () => {
		const path = join(folder, "kept");
		await writeFile(path, "old");
		// Fails in the middle of writing, after the temporary file was made.
		await expect(writeFileAtomically(path, 5 as never)).rejects.toThrow();
		expect(await readFile(path, "utf8")).toBe("old");
		expect(await readdir(folder)).toEqual(["kept"]);
		const lost = join(folder, "no", "file");
		await expect(writeFileAtomically(lost, "x")).rejects.toMatchObject({
			message: `ENOENT: no such file or directory, open '${lost}'`,
			path: lost,
			code: "ENOENT",
		});
	});

	it("lets many writers race: the file is one of theirs, whole", async () => {
		const path = join(folder, "raced");
		const contents = Array.from({ length: 8 }, (_, i) => new Uint8Array(100_003).fill(i));
		await Promise.all(contents.map((content) => writeFileAtomically(path, content)));
		const winner = await readFile(path);
		expect(winner.length).toBe(100_003);
		expect(new Set(winner).size).toBe(1);
		expect(await readdir(folder)).toEqual(["raced"]);
	});
});
