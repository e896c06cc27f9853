// Packs the GPU bench for a machine that has nothing but a graphics driver with Vulkan: Node, Dawn and one file of program.
//     node pack-gpu.mjs [folder]      then there: ./run.sh --json
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { build } from "vite";

const here = import.meta.dirname;
const folder = resolve(process.argv[2] ?? join(here, "../../out/gpu-bench"));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

await build({
	configFile: false,
	root: here,
	logLevel: "error",
	resolve: { conditions: ["@heed/source", "module", "import", "default"], dedupe: ["@tensorflow/tfjs-core"] },
	ssr: {
		noExternal: true,
		external: ["webgpu"],
		resolve: { conditions: ["@heed/source", "module", "import", "default"] },
	},
	build: {
		ssr: "src/gpu/main.ts",
		outDir: folder,
		target: "node20",
		rolldownOptions: { output: { codeSplitting: false, entryFileNames: "main.mjs" } },
	},
});

// Dawn, for this platform alone.
const dawn = dirname(createRequire(import.meta.url).resolve("webgpu/package.json"));
const there = join(folder, "node_modules/webgpu");
mkdirSync(join(there, "dist"), { recursive: true });
for (const file of ["package.json", "index.js", "LICENSE.md"])
	copyFileSync(join(dawn, file), join(there, file));
const platform = process.platform === "darwin" ? "darwin-universal" : `${process.platform}-${process.arch}`;
cpSync(join(dawn, "dist", platform), join(there, "dist", platform), { recursive: true });
copyFileSync(process.execPath, join(folder, "node"));
const script = join(folder, "run.sh");
writeFileSync(script, '#!/bin/sh\ncd "$(dirname "$0")" && exec ./node main.mjs "$@"\n');
for (const file of [script, join(folder, "node")]) chmodSync(file, 0o755);

const archive = `${folder}.tar.xz`;
const env = { ...process.env, XZ_OPT: "-T0" };
execFileSync("tar", ["-cJf", archive, "-C", dirname(folder), basename(folder)], { env });
console.log(`${archive} (${(statSync(archive).size / 2 ** 20).toFixed(1)} MiB)`);
