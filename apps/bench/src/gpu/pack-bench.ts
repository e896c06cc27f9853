import { chmod, constants, copyFile, cp, mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "vite";
import { version } from "./gpu-cli.ts";

/** The folder of this app: the parent of `src`, or of `dist`. */
const app = join(import.meta.dirname, "../..");
const conditions = ["@heed/source", "module", "import", "default"];

/**
 * Puts `gpu` and all that it runs on into a folder: the program in one file, Dawn for this platform, the Node that runs this, and
 * `run.sh`, which starts it. A machine that has a graphics driver with Vulkan needs nothing else.
 *
 * @param folder Must be there.
 */
export async function packBench(folder: string): Promise<void> {
	// As in the app: two folders below package.json.
	await build({
		configFile: false,
		root: app,
		logLevel: "error",
		resolve: { conditions, dedupe: ["@tensorflow/tfjs-core"] },
		ssr: { noExternal: true, external: ["webgpu"], resolve: { conditions } },
		build: {
			ssr: "src/gpu/main.ts",
			outDir: join(folder, "dist/gpu"),
			target: "node20",
			rolldownOptions: { output: { codeSplitting: false, entryFileNames: "main.js" } },
		},
	});
	const manifest = { name: "gpu-bench", version: version(), type: "module", private: true };
	await writeFile(join(folder, "package.json"), `${JSON.stringify(manifest, null, "\t")}\n`);
	await packDawn(join(folder, "node_modules/webgpu"));
	await copyFile(process.execPath, join(folder, "node"), constants.COPYFILE_FICLONE);
	const script = '#!/bin/sh\ncd "$(dirname "$0")" && exec ./node dist/gpu/main.js "$@"\n';
	await writeFile(join(folder, "run.sh"), script);
	for (const file of ["run.sh", "node"]) await chmod(join(folder, file), 0o755);
}

/** Dawn without the builds for other platforms, which are 110 MB. */
async function packDawn(folder: string): Promise<void> {
	const installed = dirname(createRequire(import.meta.url).resolve("webgpu/package.json"));
	const { platform, arch } = process;
	const build = join("dist", platform === "darwin" ? "darwin-universal" : `${platform}-${arch}`);
	await mkdir(folder, { recursive: true });
	for (const part of ["package.json", "index.js", "LICENSE.md", build])
		await cp(join(installed, part), join(folder, part), { recursive: true });
}
