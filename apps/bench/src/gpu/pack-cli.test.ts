import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useTerminal } from "@heed/command-line/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { packBench } from "./pack-bench.ts";
import { packCli } from "./pack-cli.ts";

const terminal = useTerminal("pack-gpu", (args) => packCli(args, { pack }));
const pack = async (folder: string): Promise<void> => writeFileSync(join(folder, "run.sh"), "x");
const packGpu = (...args: string[]): Promise<number> => packCli(args, { pack });

describe("packBench", () => {
	it("packs what runs without this repository", async () => {
		const folder = terminal.file("packed");
		mkdirSync(folder);
		await packBench(folder);
		expect(readdirSync(folder).sort()).toEqual(["dist", "node", "node_modules", "package.json", "run.sh"]);
		const dawn = readdirSync(join(folder, "node_modules/webgpu/dist"));
		expect(dawn).toEqual([expect.stringContaining(process.platform)]);
		const run = (...args: string[]) =>
			spawnSync(join(folder, "run.sh"), args, { cwd: "/", encoding: "utf8", env: {} });
		expect(run("--help")).toMatchObject({
			status: 0,
			stdout: expect.stringContaining("Usage: gpu "),
			stderr: "",
		});
		expect(run("--smal")).toMatchObject({
			status: 2,
			stderr: expect.stringMatching(/^gpu: unknown option.*\n$/),
		});
		expect(run("--version").stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
		const script = "import('webgpu').then(({ create }) => console.log(typeof create))";
		const loaded = spawnSync(join(folder, "node"), ["-e", script], { cwd: folder, encoding: "utf8" });
		expect(loaded).toMatchObject({ status: 0, stdout: "function\n" });
	});
});

describe("pack:gpu", () => {
	beforeEach(() => {
		mkdirSync(terminal.file("tmp"));
		vi.stubEnv("TMPDIR", terminal.file("tmp"));
		vi.stubEnv("INIT_CWD", terminal.file("."));
	});
	afterEach(() => vi.unstubAllEnvs());

	it("makes an archive where it was called, in place of an older one, and leaves nothing else", async () => {
		mkdirSync(terminal.file("out"));
		const archive = terminal.file("out/it.tar.xz");
		writeFileSync(archive, "older");
		expect(await packGpu("--out", "out/it.tar.xz")).toBe(0);
		expect(terminal.stdout).toBe(`${archive} (0.0 MiB)\n`);
		expect(terminal.stderr).toBe("Bundling…\nCompressing, about a minute…\n");
		const names = execFileSync("tar", ["-tJf", archive], { encoding: "utf8" });
		expect(names).toBe("gpu-bench/\ngpu-bench/run.sh\n");
		expect(readdirSync(terminal.file("out"))).toEqual(["it.tar.xz"]);
		expect(readdirSync(terminal.file("tmp"))).toEqual([]);
	});

	it("leaves nothing where packing fails", async () => {
		const broken = async (): Promise<void> => {
			throw Object.assign(new Error("ENOSPC: full"), { syscall: "write" });
		};
		expect(await packCli(["--out", "it.tar.xz"], { pack: broken })).toBe(2);
		expect(terminal.stderr).toBe("Bundling…\npack:gpu: ENOSPC: full\n");
		expect(readdirSync(terminal.file("."))).toEqual(["tmp"]);
		expect(readdirSync(terminal.file("tmp"))).toEqual([]);
	});

	it.each([
		[["--out", "it.zip"], "--out it.zip: the archive's name must end in .tar.xz."],
		[["--out", "file/it.tar.xz"], "this folder cannot be written to (a file is in the way)."],
		[["folder"], "too many arguments."],
	])("refuses %j in one line", async (args, message) => {
		writeFileSync(terminal.file("file"), "");
		expect(await packGpu(...args)).toBe(2);
		expect(terminal.stderr).toMatch(/^pack:gpu: [^\n]+\n$/);
		expect(terminal.stderr).toContain(message);
		expect(existsSync(terminal.file("file"))).toBe(true);
	});

	it("says in one line that there is no xz", async () => {
		vi.stubEnv("PATH", "/nonexistent");
		expect(await packGpu("--out", "it.tar.xz")).toBe(2);
		expect(terminal.stderr).toMatch(/\npack:gpu: tar and xz did not make the archive: [^\n]+\n$/);
	});
});
