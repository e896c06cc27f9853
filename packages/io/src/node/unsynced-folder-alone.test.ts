import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { writeFileAtomically } from "./write-file-atomically.ts";

const refusal = vi.hoisted(() => ({ code: "" }));

vi.mock("node:fs/promises", async (original) => {
	const host = await original<typeof import("node:fs/promises")>();
	const open: typeof host.open = async (path, flags, mode) => {
		if (flags === "r") throw Object.assign(new Error(refusal.code), { code: refusal.code });
		return host.open(path, flags, mode);
	};
	return { ...host, open };
});

it.each([
	["EACCES", true],
	["EPERM", true],
	["EINVAL", true],
	["ENOTSUP", true],
	["EIO", false],
])("a folder that cannot be synced, %s: the file is written: %s", async (code, done) => {
	const folder = await mkdtemp(join(tmpdir(), "heed-io-"));
	try {
		refusal.code = code;
		const written = writeFileAtomically(join(folder, "x"), "new");
		if (done) await written;
		else await expect(written).rejects.toMatchObject({ code });
		expect(await readFile(join(folder, "x"), "utf8")).toBe("new");
	} finally {
		await rm(folder, { recursive: true });
	}
});
