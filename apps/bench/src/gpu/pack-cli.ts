import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { baseProgram, prepareFolder, print, runProgram, say, UserError } from "@heed/command-line";
import { version } from "./gpu-cli.ts";
import { packBench } from "./pack-bench.ts";

/** What tests replace. */
export interface PackParts {
	readonly pack?: typeof packBench;
}

/** Where the archive goes when nothing is said: `out` of the repository. */
const defaultArchive = resolve(import.meta.dirname, "../../../../out/gpu-bench.tar.xz");

/**
 * Runs `pack:gpu`: an archive of what {@link packBench} puts together. Progress goes to stderr, the archive's path to stdout.
 *
 * @param args What stands behind its name.
 * @returns The exit code.
 */
export function packCli(args: readonly string[], parts: PackParts = {}): Promise<number> {
	const program = baseProgram(
		"pack:gpu",
		"Packs the GPU bench, with Node and Dawn, for a machine that has nothing but a graphics driver with Vulkan, of this platform.",
		version(),
		"There: tar xf gpu-bench.tar.xz && gpu-bench/run.sh --help\n\nExit codes: 0 done, 2 bad input, 130 interrupted.",
	)
		.option("--out <file>", "the archive; one that is there is replaced", defaultArchive)
		.allowExcessArguments(false)
		.action(({ out }: { out: string }) => packCommand(out, parts));
	return runProgram(program, args);
}

async function packCommand(out: string, { pack = packBench }: PackParts): Promise<void> {
	const archive = resolve(process.env.INIT_CWD ?? ".", out); // where pnpm was called, not where it runs this
	if (!archive.endsWith(".tar.xz"))
		throw new UserError(`--out ${out}: the archive's name must end in .tar.xz.`);
	await prepareFolder({ path: dirname(archive) });
	const staging = mkdtempSync(join(tmpdir(), "heed-pack-"));
	const part = `${archive}.part`;
	const clear = (): void => {
		for (const path of [staging, part]) rmSync(path, { recursive: true, force: true });
	};
	process.once("exit", clear); // Ctrl-C ends the process
	try {
		const folder = join(staging, "gpu-bench");
		await mkdir(folder);
		say("Bundling…");
		await pack(folder);
		say("Compressing, about a minute…");
		await tar(["-cJf", part, "-C", staging, "gpu-bench"]);
		await rename(part, archive);
	} finally {
		process.off("exit", clear);
		clear();
	}
	await print(`${archive} (${((await stat(archive)).size / 2 ** 20).toFixed(1)} MiB)`);
}

async function tar(args: readonly string[]): Promise<void> {
	const env = { ...process.env, XZ_OPT: "-T0" }; // on all cores
	const running = promisify(execFile)("tar", args, { env });
	const stop = (): boolean => running.child.kill();
	process.once("exit", stop);
	try {
		await running;
	} catch (error) {
		const { message, stderr = "" } = error as Error & { stderr?: string };
		throw new UserError(`tar and xz did not make the archive: ${stderr.trim() || message}`);
	} finally {
		process.off("exit", stop);
	}
}
