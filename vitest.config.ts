import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** Resolve workspace packages to their TypeScript source, so that tests need no build. */
const conditions = ["@heed/source", "module", "import", "default"];

const globalSetup = join(import.meta.dirname, "tooling/compile-assembly.ts");

/** One project per workspace folder; `--project @heed/core` runs one of them. */
const folders = ["packages", "apps"].flatMap((group) =>
	readdirSync(join(import.meta.dirname, group)).map((name) => ({
		name: `@heed/${name}`,
		root: join(import.meta.dirname, group, name),
	})),
);

/**
 * The suites that compute on a backend, once more on the wasm backend with the kernels of @heed/backend-wasm: every result and
 * every gradient that holds on the host's kernels must hold on them. What tests the paths without them is left out.
 */
const onFastKernels = [
	[
		"core",
		"cache,convolution,dot-product,heads,linear,normalize,position,recurrent,resample,sample,score,warp",
	],
	["layers", "."],
	["nlp", "attention,decode,import,models,pooling,reading,recurrent,tagging"],
	["train", "optimizer,loop"],
	["vision", "."],
].map(([name = "", folders]) => ({
	extends: true as const,
	test: {
		name: `@heed/${name} on fast kernels`,
		root: join(import.meta.dirname, "packages", name),
		include: [folders === "." ? "src/**/*.test.ts" : `src/{${folders}}/**/*.test.ts`],
		exclude: ["src/**/*-alone.test.ts", "src/dot-product/{attention-path,attention-memory}.test.ts"],
		setupFiles: join(import.meta.dirname, "tooling/fast-kernels.ts"),
		globalSetup,
		env: { HEED_BACKENDS: "wasm" },
		testTimeout: 60_000,
	},
}));

/**
 * What must hold where nothing else is loaded, and what replaces a module: the files of a project share one module registry,
 * since loading TensorFlow.js anew for each took a third of the time; these have one each.
 */
const alone = ["core", "io", "backend-wasm"].map((name) => ({
	extends: true as const,
	test: {
		name: `@heed/${name} alone`,
		root: join(import.meta.dirname, "packages", name),
		include: ["src/**/*-alone.test.ts"],
		isolate: true,
		globalSetup,
		testTimeout: 60_000,
	},
}));

/** Once more with relaxed SIMD, which Node 20 has behind a flag and later ones have anyway. */
const onRelaxedSimd = {
	extends: true as const,
	test: {
		name: "@heed/backend-wasm on relaxed SIMD",
		root: join(import.meta.dirname, "packages/backend-wasm"),
		include: ["src/kernel-module.test.ts", "src/attention/*.test.ts", "src/kernels/*.test.ts"],
		execArgv: process.version.startsWith("v20.") ? ["--experimental-wasm-relaxed-simd"] : [],
		globalSetup,
		env: { HEED_FUZZ_RUNS: "200", HEED_EXPECTED_BUILD: "relaxed" },
		testTimeout: 60_000,
	},
};

/**
 * What is computed on a GPU, or on the software adapter that comes with Debian's chromium: the suites of @heed/backend-webgpu,
 * and the conformance cases of attention and gridSample once more, and a few steps of training. Left out, with a note, where no Vulkan loader or no driver is installed.
 */
const exists = (...files: (string | undefined)[]): boolean =>
	files.some((file) => file !== undefined && existsSync(file));
const hasWebGpu =
	exists("/usr/lib/x86_64-linux-gnu/libvulkan.so.1", "/usr/lib/aarch64-linux-gnu/libvulkan.so.1") &&
	exists("/usr/lib/chromium/vk_swiftshader_icd.json", process.env.VK_ICD_FILENAMES);
if (!hasWebGpu) console.info("Without libvulkan1 and chromium, the WebGPU suites are left out.");
const onWebGpu = [
	{ name: "@heed/backend-webgpu", folder: "packages/backend-webgpu", include: ["src/**/*.test.ts"] },
	{
		name: "@heed/core on webgpu",
		folder: "packages/core",
		include: [
			"src/dot-product/{onnx-attention,torch-attention,attention-gradient,attention-edges}.test.ts",
			"src/warp/grid-conformance.test.ts",
		],
	},
	{
		name: "@heed/nlp on webgpu",
		folder: "packages/nlp",
		include: ["src/models/transformer-training.test.ts"],
	},
	{
		name: "@heed/translate on webgpu",
		folder: "apps/translate",
		include: ["src/transformer-training.test.ts"],
	},
].map(({ name, folder, include }) => ({
	extends: true as const,
	test: {
		name,
		root: join(import.meta.dirname, folder),
		include,
		setupFiles: join(import.meta.dirname, "packages/backend-webgpu/test/start-webgpu.ts"),
		env: { HEED_BACKENDS: "webgpu" },
		testTimeout: 240_000,
	},
}));

export default defineConfig({
	resolve: { conditions },
	ssr: { resolve: { conditions, externalConditions: conditions } },
	test: {
		maxWorkers: "100%", // one per core; by default one core would stay idle
		isolate: false,
		reporters: ["default", join(import.meta.dirname, "tooling/summary-reporter.ts")],
		projects: [
			...folders
				.filter(({ name, root }) => existsSync(join(root, "package.json")) && name !== "@heed/backend-webgpu")
				.map(({ name, root }) => ({
					extends: true as const,
					test: {
						name,
						root,
						include: ["src/**/*.test.ts", "examples/**/*.test.ts"],
						exclude: ["src/**/*-alone.test.ts"],
						globalSetup,
						testTimeout: 60_000,
					},
				})),
			{
				extends: true,
				test: { name: "scripts", root: join(import.meta.dirname, "scripts"), include: ["*.test.mjs"] },
			},
			...alone,
			...onFastKernels,
			onRelaxedSimd,
			...(hasWebGpu ? onWebGpu : []),
		],
	},
});
