import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { build } from "vite";

const run = promisify(execFile);

/** What a program wrote. */
export interface Output {
	readonly stdout: string;
	readonly stderr: string;
	/** Whether it ended with exit code 0. */
	readonly ok: boolean;
}

/** Bundles TypeScript programs, with Heed's packages from their sources and TensorFlow.js left outside, into a folder. */
export async function bundlePrograms(files: readonly string[], outDir: string): Promise<void> {
	const conditions = ["@heed/source", "module", "import", "node", "default"];
	const tensorflow = ["core", "layers", "backend-cpu", "backend-wasm"].map(
		(name) => `@tensorflow/tfjs-${name}`,
	);
	await build({
		configFile: false,
		logLevel: "error",
		root: join(import.meta.dirname, ".."),
		publicDir: false,
		ssr: { noExternal: true, external: tensorflow, resolve: { conditions, externalConditions: conditions } },
		build: {
			ssr: true,
			outDir,
			emptyOutDir: true,
			minify: false,
			target: "node20",
			rolldownOptions: {
				input: Object.fromEntries(files.map((file) => [basename(file, ".ts"), file])),
				output: { entryFileNames: "[name].js" },
			},
		},
	});
}

/** Runs a JavaScript file in a Node of its own, in an empty folder that is removed afterwards. */
export async function runProgram(file: string): Promise<Output> {
	const cwd = mkdtempSync(join(tmpdir(), "heed-snippet-"));
	try {
		const { stdout, stderr } = await run(process.execPath, [file], { cwd, timeout: 60_000 });
		return { stdout, stderr, ok: true };
	} catch (error) {
		const { stdout = "", stderr = String(error) } = error as { stdout?: string; stderr?: string };
		return { stdout, stderr, ok: false };
	} finally {
		rmSync(cwd, { recursive: true, force: true });
	}
}
