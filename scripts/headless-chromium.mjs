// Programs in a page of headless Chromium: bundled into one file, served, and heard until they say how they ended.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";

/** What every page with WebGPU needs, and what puts Chromium's software adapter in the place of a graphics card. */
const flags = ["--headless=new", "--no-sandbox", "--enable-unsafe-webgpu", "--enable-features=Vulkan"];
const software = [
	"--use-webgpu-adapter=swiftshader",
	"--use-angle=swiftshader",
	"--enable-unsafe-swiftshader",
];

/** The program of a page in one file, from the packages' sources. `overrides` are options of vite. */
export async function bundlePage(input, { resolve = {}, define = {}, treeshake = true } = {}) {
	const { output } = await build({
		configFile: false,
		root: join(input, ".."),
		logLevel: "error",
		resolve: {
			conditions: ["@heed/source", "module", "import", "default"],
			dedupe: ["@tensorflow/tfjs-core"],
			...resolve,
		},
		define,
		build: {
			write: false,
			minify: false,
			target: "es2022",
			rolldownOptions: { treeshake, input, output: { codeSplitting: false } },
		},
	});
	return output[0].code;
}

/**
 * Opens a page in the Chromium that CHROMIUM names, or the system's.
 *
 * @param code The page's program.
 * @param answer What the page may ask for: from a URL to `{ type, body }`, or nothing.
 * @param hear What it tells: `(path, news)`; a `{ status, message }` ends it. "/broken" is dealt with here.
 * @param seconds How long it may take.
 * @param card Whether it gets the graphics card, and not the software adapter.
 * @returns The status to exit with.
 */
export function runInChromium({
	code,
	answer = () => undefined,
	hear,
	seconds,
	card = false,
	extraFlags = [],
}) {
	const chromium = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
		(path) => path !== undefined && existsSync(path),
	);
	if (chromium === undefined) {
		console.error("There is no Chromium. Debian: apt-get install chromium; elsewhere, let CHROMIUM name it.");
		return Promise.resolve(1);
	}
	let resolve;
	const promise = new Promise((settle) => {
		resolve = settle;
	});
	const profile = mkdtempSync(join(tmpdir(), "heed-browser-"));
	let browser;
	let ended = false;

	const end = (status, message) => {
		if (ended) return;
		ended = true;
		console.log(message);
		const leave = () => {
			rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
			server.close();
			resolve(status);
		};
		if (browser === undefined || browser.exitCode !== null) return void leave();
		browser.once("exit", () => setTimeout(leave, 500)); // its children end a moment later
		browser.kill("SIGTERM");
	};

	const server = createServer(async (request, response) => {
		const url = new URL(request.url ?? "/", "http://localhost");
		if (request.method === "GET") {
			const { type, body } = find(url) ?? {};
			if (body === undefined) return void response.writeHead(404).end();
			return void response.writeHead(200, { "content-type": type }).end(body);
		}
		let body = "";
		for await (const part of request) body += part;
		response.end();
		const news = JSON.parse(body);
		if (url.pathname === "/broken") return end(1, `The page broke: ${news.message}`);
		const last = hear(url.pathname, news);
		if (last !== undefined) end(last.status, last.message);
	});
	const find = (url) => {
		if (url.pathname === "/page.js") return { type: "text/javascript", body: code };
		if (url.pathname !== "/") return answer(url);
		const body = '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>';
		return { type: "text/html", body };
	};

	server.listen(0, "127.0.0.1", () => {
		const { port } = server.address();
		const all = [...flags, ...(card ? [] : software), ...extraFlags, `--user-data-dir=${profile}`];
		browser = spawn(chromium, [...all, `http://127.0.0.1:${port}/`], { stdio: "ignore" });
		browser.on("exit", (status) => end(1, `Chromium ended by itself (${status}).`));
		setTimeout(() => end(1, `Chromium did not finish in ${seconds} s.`), 1000 * seconds).unref();
	});
	return promise;
}
