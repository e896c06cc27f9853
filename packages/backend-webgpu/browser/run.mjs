// The core set of the suites in headless Chromium: attention and gridSample against the cases of ONNX and PyTorch, and against
// the composition. CHROMIUM names the program; the page tells what became of each test.
//     node run.mjs [--verbose] [--only <text>]…      --only: what has this in its name
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
// @boundaries-ignore a script of the repository, as those that build it
import { bundlePage, runInChromium } from "../../../scripts/headless-chromium.mjs";

const here = import.meta.dirname;
const shared = resolve(process.env.HEED_SHARED ?? join(here, "../../../../shared"));
const { values: options } = parseArgs({
	options: {
		verbose: { type: "boolean", default: false },
		only: { type: "string", multiple: true, default: [] },
	},
});

/** The page's program, in one file. */
function bundle() {
	const inPage = (name) => join(here, `${name}-in-page.ts`);
	const { HEED_REQUIRE_SHARED } = process.env;
	const env = { HEED_BACKENDS: "webgpu", HEED_SHARED: shared, HEED_FUZZ_RUNS: "3", HEED_REQUIRE_SHARED };
	return bundlePage(join(here, "page.ts"), {
		resolve: { alias: { vitest: inPage("vitest"), "node:fs": inPage("node"), "node:path": inPage("node") } },
		define: { "import.meta.dirname": JSON.stringify(""), "process.env": JSON.stringify(env) },
		treeshake: false, // the packages say that they have no side effects, and these are tests
	});
}

/** The settings, and reference data, and nothing else. */
function answer({ pathname, searchParams }) {
	const type = "text/plain; charset=utf-8";
	if (pathname === "/only") return { type, body: JSON.stringify(options.only) };
	if (pathname !== "/file") return undefined;
	const full = resolve(searchParams.get("path") ?? "");
	if (!full.startsWith(shared) || !existsSync(full)) return undefined;
	return { type, body: statSync(full).isDirectory() ? "" : readFileSync(full) };
}

function hear(path, news) {
	if (path === "/adapter") console.log(`Chromium computes on: ${news.adapter}`);
	if (path === "/outcome" && (options.verbose || news.state === "failed")) {
		console.log(`${news.state} ${news.name}${news.message === undefined ? "" : `\n  ${news.message}`}`);
	}
	if (path !== "/done") return undefined;
	const count = (state) => news.filter((outcome) => outcome.state === state).length;
	const [passed, failed, skipped] = ["passed", "failed", "skipped"].map(count);
	const message = `In Chromium: ${passed} passed, ${failed} failed, ${skipped} skipped`;
	return { status: failed === 0 && passed > 0 ? 0 : 1, message };
}

const seconds = Number(process.env.HEED_BROWSER_SECONDS ?? 600);
const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupt.abort());
const page = { code: await bundle(), answer, hear, seconds, signal: interrupt.signal };
const status = await runInChromium(page);
process.exitCode = interrupt.signal.aborted ? 130 : status;
