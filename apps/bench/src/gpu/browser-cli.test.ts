import { existsSync, writeFileSync } from "node:fs";
import { useTerminal } from "@heed/command-line/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { browserCli } from "./browser-cli.ts";

const terminal = useTerminal("gpu-browser", (args) =>
	browserCli(args, { bundle: async () => "the program" }),
);
const browser = (...args: string[]): Promise<number> =>
	browserCli(args, { bundle: async () => "the program" });

/** What a browser would do, told by a script: the last of its arguments is the page. */
function pretend(script: string): void {
	const post = `const post = (path, body) => fetch(base + path, { method: "POST", body: JSON.stringify(body) });`;
	const get = `const get = async (path) => (await fetch(base + path)).text();`;
	const stay = "const stay = () => setTimeout(() => {}, 1e6);";
	const lines = ["const base = process.argv.at(-1).slice(0, -1);", post, get, stay, script];
	writeFileSync(terminal.file("chromium.mjs"), lines.join("\n"));
	const start = `#!/bin/sh\nexec '${process.execPath}' '${terminal.file("chromium.mjs")}' "$@"\n`;
	writeFileSync(terminal.file("chromium"), start, { mode: 0o755 });
	vi.stubEnv("CHROMIUM", terminal.file("chromium"));
}

const rows = [
	{ task: "decode", size: [1, 2, 2, 1, 5, 7], contender: "heed", milliseconds: 1, gigabytes: 3, share: 0.5 },
];
const report = {
	...{
		date: "2026-11-26T00:00:00.000Z",
		adapter: "acme",
		software: true,
		precision: "f32",
		host: "Chrome 1",
	},
	...{ onnxruntime: "1.2.3", exact: false, peak: { teraflops: 1, gigabytes: 6 }, rows },
};
const done = (outcome: object): string => `await post("/done", ${JSON.stringify(outcome)}); stay();`;

describe("gpu:browser", () => {
	beforeEach(() => vi.stubEnv("TMPDIR", terminal.file(".")));
	afterEach(() => vi.unstubAllEnvs());

	it("serves the page, prints what it measured and leaves nothing", async () => {
		pretend(`
			if (!(await get("/")).includes("/page.js")) throw "page";
			if ((await get("/page.js")) !== "the program") throw "program";
			await post("/line", await get("/settings"));
			await post("/line", process.argv.find((arg) => arg.startsWith("--user-data-dir")));
			await post("/line", [(await fetch(base + "/ort/ort.webgpu.min.mjs")).status, (await fetch(base + "/ort/../package.json")).status].join());
			${done({ report })}`);
		expect(await browser("--small")).toBe(0);
		expect(terminal.stdout).toContain(
			"acme (a program: the figures mean little); Chrome 1, onnxruntime-web 1.2.3.\nTimes by the clock on the wall",
		);
		expect(terminal.stdout).toContain("| decode | 1 2 2 1 5 7 | heed | 1.000 |  | 3.00 | 50.0 % |");
		const [settings = "", folder = "", statuses] = terminal.stderr.split("\n");
		expect(JSON.parse(settings)).toEqual({ card: false, small: true, ort: "/ort/ort.webgpu.min.mjs" });
		expect(existsSync(folder.replace("--user-data-dir=", ""))).toBe(false);
		expect(statuses).toBe("200,404");
		expect(process.listenerCount("SIGINT")).toBe(0);
	});

	it("prints JSON, and ends with 1 when somebody computed something else", async () => {
		const other = { task: "decode", size: [1, 2, 2, 1, 5, 7], contender: "ort", failed: "another result" };
		pretend(done({ report: { ...report, rows: [...rows, other] } }));
		expect(await browser("--json")).toBe(1);
		expect(JSON.parse(terminal.stdout)).toEqual({ ...report, rows: [...rows, other] });
		expect(terminal.stderr).toMatch(/^gpu:browser: not timed, because .*: ort on decode 1 2 2 1 5 7\./);
	});

	it.each([
		["what the page refuses", 2, done({ refused: "no card." }), "no card."],
		["that the page broke", 1, `await post("/broken", { message: "why" }); stay();`, "The page broke: why"],
		["that the browser ended", 1, "process.exit(3)", "Chromium ended by itself (3)."],
		["that it takes too long", 1, "stay()", "Chromium did not finish in 1 s."],
	])("says %s in one line", async (_, code, script, message) => {
		pretend(script);
		expect(await browser("--seconds", message.includes("1 s") ? "1" : "60")).toBe(code);
		expect(terminal.stderr).toBe(`gpu:browser: ${message}\n`);
		expect(terminal.stdout).toBe("");
	});

	it("says in one line that there is no browser", async () => {
		vi.stubEnv("CHROMIUM", terminal.file("nowhere"));
		expect(await browser()).toBe(2);
		expect(terminal.stderr).toBe(
			`gpu:browser: CHROMIUM is '${terminal.file("nowhere")}', and there is no such file.\n`,
		);
	});

	it("ends with 130 when it is interrupted, and the browser with it", async () => {
		pretend(`await post("/line", String(process.pid)); stay();`);
		const ended = browser();
		await vi.waitFor(() => expect(terminal.stderr).toMatch(/^\d+\n$/), 10_000);
		process.emit("SIGINT");
		expect(await ended).toBe(130);
		expect(terminal.stderr).toMatch(/\ngpu:browser: interrupted\.\n$/);
		expect(() => process.kill(Number.parseInt(terminal.stderr, 10), 0)).toThrow("ESRCH");
	});

	it.each([
		[["--crad"], "unknown option '--crad' (Did you mean --card?)"],
		[["--seconds", "soon"], "'soon' is invalid. Expected a whole number, at least 1 and at most 86400."],
	])("refuses %j in one line", async (args, message) => {
		expect(await browser(...args)).toBe(2);
		expect(terminal.stderr).toMatch(/^gpu:browser: [^\n]+\n$/);
		expect(terminal.stderr).toContain(message);
	});
});
