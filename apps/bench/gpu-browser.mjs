// The GPU bench in headless Chromium, where onnxruntime-web takes part:
//     node gpu-browser.mjs [--card] [--small] [--json]
// --card: on the graphics card, and not on Chromium's software adapter.
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
// @boundaries-ignore a script of the repository, as those that build it
import { bundlePage, runInChromium } from "../../scripts/headless-chromium.mjs";

const option = { type: "boolean", default: false };
const { values: options } = parseArgs({ options: { card: option, small: option, json: option } });

/** Its files stay where they are installed: they are 27 MB, and the page loads them by itself. */
function ortFolder() {
	try {
		return dirname(fileURLToPath(import.meta.resolve("onnxruntime-web")));
	} catch {
		console.error("onnxruntime-web does not take part: it is not installed.");
		return undefined;
	}
}

const ort = ortFolder();
const types = { ".mjs": "text/javascript", ".wasm": "application/wasm" };

function answer({ pathname }) {
	if (pathname === "/settings") {
		const settings = { small: options.small, ...(ort && { ort: "/ort/ort.webgpu.min.mjs" }) };
		return { type: "application/json", body: JSON.stringify(settings) };
	}
	const [, extension] = /^\/ort\/ort[\w.-]*(\.mjs|\.wasm)$/.exec(pathname) ?? [];
	const path = ort && extension && join(ort, basename(pathname));
	return path && existsSync(path) ? { type: types[extension], body: readFileSync(path) } : undefined;
}

function hear(path, news) {
	if (path === "/line") console.error(news);
	if (path !== "/done") return undefined;
	const { report, table } = news;
	const failed = report.rows.some((row) => row.failed === "another result");
	return { status: failed ? 1 : 0, message: options.json ? JSON.stringify(report) : table.join("\n") };
}

process.exitCode = await runInChromium({
	code: await bundlePage(join(import.meta.dirname, "src/gpu/in-page.ts")),
	answer,
	hear,
	seconds: Number(process.env.HEED_BROWSER_SECONDS ?? 600),
	card: options.card,
	extraFlags: ["--enable-webgpu-developer-features"], // else times come in steps of 100 µs
});
