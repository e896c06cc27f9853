// Programs in a page of headless Chromium: bundled into one file, served, and heard until they say how they ended.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
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

/** No page was opened, or it did not come to its end. */
export class PageError extends Error {
	name = "PageError";

	/** @param {"no browser" | "interrupted" | "failed"} reason */
	constructor(reason, message) {
		super(message);
		this.reason = reason;
	}
}

/**
 * Opens a page in the Chromium that CHROMIUM names, or the system's, until it says that it is done. Nothing stays behind.
 *
 * @param code The page's program.
 * @param answer What the page may ask for: from a URL to `{ type, body }`, or nothing.
 * @param hear What it tells: `(path, news)`. The first thing that this returns ends it. "/broken" is dealt with here.
 * @param seconds How long it may take.
 * @param card Whether it gets the graphics card, and not the software adapter.
 * @param signal An AbortSignal: ends it.
 * @returns What `hear` returned.
 * @throws PageError
 */
export async function openInChromium({
	code,
	answer = () => undefined,
	hear,
	seconds,
	card = false,
	extraFlags = [],
	signal,
}) {
	const chromium = findChromium();
	const { promise, end, fail } = outcome();
	const find = (url) => {
		if (url.pathname === "/page.js") return { type: "text/javascript", body: code };
		if (url.pathname !== "/") return answer(url);
		const body = `<!doctype html><meta charset="utf-8"><script>${tellOfErrors}</script><script type="module" src="/page.js"></script>`;
		return { type: "text/html", body };
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
		if (url.pathname === "/broken") return fail("failed", `The page broke: ${news.message}`);
		const last = hear(url.pathname, news);
		if (last !== undefined) end(last);
	});
	const profile = mkdtempSync(join(tmpdir(), "heed-browser-"));
	const timer = setTimeout(() => fail("failed", `Chromium did not finish in ${seconds} s.`), 1000 * seconds);
	signal?.addEventListener("abort", () => fail("interrupted", "interrupted."));
	if (signal?.aborted) fail("interrupted", "interrupted.");
	let browser;
	try {
		await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
		const all = [...flags, ...(card ? [] : software), ...extraFlags, `--user-data-dir=${profile}`];
		const env = { ...process.env, TMPDIR: profile }; // what it leaves behind goes with the profile
		browser = spawn(chromium, [...all, `http://127.0.0.1:${server.address().port}/`], {
			stdio: "ignore",
			env,
		});
		browser.on("error", (error) => fail("failed", `${chromium} does not start: ${error.message}`));
		browser.on("exit", (status) => fail("failed", `Chromium ended by itself (${status}).`));
		return await promise;
	} finally {
		clearTimeout(timer);
		if (browser !== undefined) await close(browser);
		rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
		server.close();
	}
}

/**
 * The same for a program that has nothing to do but this: `hear` ends it with `{ status, message }`, the message is printed, and
 * what went wrong as well.
 *
 * @returns The status to exit with.
 */
export async function runInChromium(options) {
	try {
		const { status, message } = await openInChromium(options);
		console.log(message);
		return status;
	} catch (error) {
		if (!(error instanceof PageError)) throw error;
		console.error(error.message);
		return 1;
	}
}

/** In the page, before its program: what that does not catch, while it is loaded for instance. */
const tellOfErrors = `
addEventListener("error", ({ message }) => fetch("/broken", { method: "POST", body: JSON.stringify({ message }) }));
`;

function findChromium() {
	const { CHROMIUM: named } = process.env;
	if (named !== undefined && !existsSync(named))
		throw new PageError("no browser", `CHROMIUM is '${named}', and there is no such file.`);
	const chromium = [named, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
		(path) => path !== undefined && existsSync(path),
	);
	if (chromium !== undefined) return chromium;
	const advice = "Debian: apt-get install chromium; elsewhere, let CHROMIUM name it.";
	throw new PageError("no browser", `there is no Chromium. ${advice}`);
}

/** A promise, and what settles it: the first one counts. */
function outcome() {
	let end;
	let reject;
	const promise = new Promise((settle, refuse) => {
		[end, reject] = [settle, refuse];
	});
	promise.catch(() => {}); // it may fail before anybody waits for it
	return { promise, end, fail: (reason, message) => reject(new PageError(reason, message)) };
}

/** Ends a browser, and waits until it is gone. */
async function close(browser) {
	if (browser.pid !== undefined && browser.exitCode === null && browser.signalCode === null) {
		const gone = new Promise((resolve) => browser.once("exit", resolve));
		browser.kill("SIGTERM");
		const hung = setTimeout(() => browser.kill("SIGKILL"), 5000);
		await gone;
		clearTimeout(hung);
	}
	await wait(500); // its children end a moment later
}
