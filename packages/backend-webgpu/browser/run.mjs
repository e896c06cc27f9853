// The core set of the suites in headless Chromium: attention and gridSample against the cases of ONNX and PyTorch, and against
// the composition. CHROMIUM names the program; the page tells this server what became of each test.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "vite";

const here = import.meta.dirname;
const shared = resolve(process.env.HEED_SHARED ?? join(here, "../../../../shared"));
const verbose = process.argv.includes("--verbose");
const limit = Number(process.env.HEED_BROWSER_SECONDS ?? 600);

const chromium = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
	(path) => path !== undefined && existsSync(path),
);
if (chromium === undefined) {
	console.error("There is no Chromium. Debian: apt-get install chromium; elsewhere, let CHROMIUM name it.");
	process.exit(1);
}

/** The page's program, in one file. */
async function bundle() {
	const inPage = (name) => join(here, `${name}-in-page.ts`);
	const { output } = await build({
		configFile: false,
		root: here,
		logLevel: "error",
		resolve: {
			conditions: ["@heed/source", "module", "import", "default"],
			alias: { vitest: inPage("vitest"), "node:fs": inPage("node"), "node:path": inPage("node") },
			dedupe: ["@tensorflow/tfjs-core"],
		},
		define: {
			"import.meta.dirname": JSON.stringify(""),
			"process.env": JSON.stringify({ HEED_BACKENDS: "webgpu", HEED_SHARED: shared, HEED_FUZZ_RUNS: "3" }),
		},
		build: {
			write: false,
			minify: false,
			target: "es2022",
			rolldownOptions: {
				treeshake: false, // the packages say that they have no side effects, and these are tests
				input: join(here, "page.ts"),
				output: { codeSplitting: false },
			},
		},
	});
	return output[0].code;
}

/** Reference data, and nothing else. */
function answerFile(path, response) {
	const full = resolve(path);
	if (!full.startsWith(shared) || !existsSync(full)) return void response.writeHead(404).end();
	const content = statSync(full).isDirectory() ? "" : readFileSync(full);
	response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end(content);
}

const code = await bundle();
const profile = mkdtempSync(join(tmpdir(), "heed-browser-"));
let browser;
let ended = false;

const server = createServer(async (request, response) => {
	const url = new URL(request.url ?? "/", "http://localhost");
	if (request.method === "GET") {
		if (url.pathname === "/file") return answerFile(url.searchParams.get("path") ?? "", response);
		if (url.pathname === "/page.js") {
			return void response.writeHead(200, { "content-type": "text/javascript" }).end(code);
		}
		if (url.pathname !== "/") return void response.writeHead(404).end();
		const page = '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>';
		return void response.writeHead(200, { "content-type": "text/html" }).end(page);
	}
	let body = "";
	for await (const part of request) body += part;
	response.end();
	const news = JSON.parse(body);
	if (url.pathname === "/adapter") console.log(`Chromium computes on: ${news.adapter}`);
	if (url.pathname === "/outcome" && (verbose || news.state === "failed")) {
		console.log(`${news.state} ${news.name}${news.message === undefined ? "" : `\n  ${news.message}`}`);
	}
	if (url.pathname === "/broken") end(1, `The page broke: ${news.message}`);
	if (url.pathname === "/done") {
		const count = (state) => news.filter((outcome) => outcome.state === state).length;
		const [passed, failed, skipped] = ["passed", "failed", "skipped"].map(count);
		const fine = failed === 0 && passed > 0;
		end(fine ? 0 : 1, `In Chromium: ${passed} passed, ${failed} failed, ${skipped} skipped`);
	}
});

function end(status, message) {
	if (ended) return;
	ended = true;
	console.log(message);
	const leave = () => {
		rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
		process.exit(status);
	};
	if (browser === undefined || browser.exitCode !== null) return void leave();
	browser.once("exit", () => setTimeout(leave, 500)); // its children end a moment later
	browser.kill("SIGTERM");
}

server.listen(0, "127.0.0.1", () => {
	const { port } = server.address();
	const flags = [
		"--headless=new",
		"--no-sandbox",
		`--user-data-dir=${profile}`,
		"--enable-unsafe-webgpu",
		"--use-webgpu-adapter=swiftshader",
		"--use-angle=swiftshader",
		"--enable-unsafe-swiftshader",
		"--enable-features=Vulkan",
	];
	browser = spawn(chromium, [...flags, `http://127.0.0.1:${port}/`], { stdio: "ignore" });
	browser.on("exit", (status) => end(1, `Chromium ended by itself (${status}).`));
	setTimeout(() => end(1, `Chromium did not finish in ${limit} s.`), 1000 * limit).unref();
});
