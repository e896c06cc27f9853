import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useTerminal } from "@heed/command-line/testing";
import { describe, expect, it } from "vitest";
import { cli } from "./cli.ts";
import type { Report } from "./report/report.ts";
import { attentionCase, attentionFlops, attentionProgram } from "./workloads/attention-case.ts";
import type { Workload } from "./workloads/workload.ts";

const terminal = useTerminal("bench", cli);
const { file } = terminal;

/** A small one, of lengths that are no multiples of anything. */
const tiny = (length: number): Workload => {
	const sizes = { heads: 3, length, dim: 5, causal: true };
	return {
		...{ id: `length/${length}`, section: "Tiny", title: `L ${length}`, flops: attentionFlops(sizes) },
		quick: true,
		tensors: (heed) => attentionCase(sizes, heed),
		onnx: () => attentionProgram(sizes),
	};
};
const workloads = [tiny(7), tiny(23)];
const out = (): string => file("out");
const bench = (...args: string[]): Promise<number> =>
	cli(["--quick", "--out", out(), ...args], { workloads });
const read = (): Report => JSON.parse(readFileSync(join(out(), "report.json"), "utf8"));

describe("bench", () => {
	it("measures all contenders, writes the reports and prints tables", async () => {
		expect(await bench()).toBe(0);
		expect(readdirSync(out()).sort()).toEqual([
			...["memory-by-length.svg", "report.json", "report.md", "time-by-length.svg"],
		]);
		const { rows, interrupted, absent, versions, machine, targets } = read();
		expect(rows.map(({ workload, contender }) => `${workload} ${contender}`)).toEqual(
			workloads.flatMap(({ id }) =>
				["heed", "stock", "tfjs-cpu", "onnxruntime-web"].map((name) => `${id} ${name}`),
			),
		);
		for (const row of rows) expect(row).toHaveProperty("median", expect.any(Number));
		expect(interrupted).toBe(false);
		expect(absent).toEqual([{ id: "onnxruntime-node", reason: "it is not installed" }]);
		expect(versions).toMatchObject({ "@tensorflow/tfjs-core": "4.22.0", "onnxruntime-web": "1.30.0" });
		expect(machine.node).toBe(process.version);
		expect(targets.every(({ reached }) => reached === undefined)).toBe(true);
		for (const part of ["Tiny", "L 23", "onnxruntime-web", "Targets", "Written:"])
			expect(terminal.stdout).toContain(part);
		expect(terminal.stderr).toContain("[2/2] length/23");
		expect(terminal.stderr).not.toContain("tfjs-node"); // what the host advertises
	});

	it("takes part of it, and prints JSON", async () => {
		expect(await bench("--only", "/7", "--contenders", "stock", "--json")).toBe(0);
		const report = JSON.parse(terminal.stdout) as Report;
		expect(report).toEqual(read());
		expect(report.rows.map(({ contender }) => contender)).toEqual(["heed", "stock"]);
		expect(report.only).toEqual(["/7"]);
	});

	it("writes what it has when it is interrupted", async () => {
		const stopping: Workload = {
			...tiny(5),
			id: "stopping",
			tensors: (heed) => {
				if (!heed) process.emit("SIGINT");
				return attentionCase({ heads: 1, length: 5, dim: 3 }, heed);
			},
		};
		const code = await cli(["--quick", "--out", out()], { workloads: [tiny(7), stopping, tiny(11)] });
		expect(code).toBe(130);
		const { interrupted, rows } = read();
		expect(interrupted).toBe(true);
		expect(new Set(rows.map(({ workload }) => workload))).toEqual(new Set(["length/7"]));
		expect(rows).toHaveLength(4);
		expect(terminal.stdout).toContain("the rest is missing");
		expect(terminal.stderr).toContain("Stopping after this run. Press Ctrl-C again to quit at once.");
		expect(terminal.stderr).toContain(`bench: interrupted. What was measured is in ${out()}.`);
		expect(process.listenerCount("SIGINT")).toBe(0);
	});

	it("ends with 1 when somebody computes something else, and times the others", async () => {
		const wrong: Workload = {
			...tiny(7),
			tensors: (heed) => attentionCase({ heads: 3, length: 7, dim: 5, causal: heed }, heed),
		};
		expect(await cli(["--quick", "--out", out(), "--contenders", "stock"], { workloads: [wrong] })).toBe(1);
		expect(terminal.stdout).toContain("FAILED: computes something else");
		expect(terminal.stderr).toContain("bench: not timed, because something went wrong: stock on length/7.");
		expect(read().rows[0]).toHaveProperty("median");
	});

	it("goes on without a package that is not installed", async () => {
		const load = async (): Promise<never> => {
			throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
		};
		expect(await cli(["--quick", "--out", out()], { workloads: [tiny(7)], load })).toBe(0);
		expect(terminal.stderr).toContain("onnxruntime-web does not take part: it is not installed.");
		expect(read().absent.map(({ id }) => id)).toEqual(["onnxruntime-web", "onnxruntime-node"]);
	});

	it("lists the workloads", async () => {
		expect(await cli(["--list"])).toBe(0);
		for (const id of ["attention/1024", "conv/backward", "translator"])
			expect(terminal.stdout).toContain(`${id}  `);
	});

	it.each([
		[["--fast"], "bench: unknown option '--fast'"],
		[["--only", "wavelet"], "bench: --only wavelet: no workload has this in its name. There are: length."],
		[["--contenders", "me"], "'me' is not one of stock,"],
	])("refuses %j in one line", async (args, message) => {
		expect(await bench(...args)).toBe(2);
		expect(terminal.stderr).toContain(message);
		expect(terminal.stderr.trim().split("\n")).toHaveLength(1);
		expect(readdirSync(file("."))).toEqual([]);
	});

	it("refuses a folder that cannot be before it measures", async () => {
		writeFileSync(out(), "");
		expect(await bench()).toBe(2);
		expect(terminal.stderr).toBe(
			`bench: ${out()}: this folder cannot be written to (a file is in the way). Choose another --out.\n`,
		);
	});
});
